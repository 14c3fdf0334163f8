"""OpenSubsonic, version 1.16.1 of the protocol: browsing, playing, and what sounds similar.

Music players and servers speak it; https://opensubsonic.netlify.app has the protocol. Libraries are
its music folders. `router` has the list of methods.
"""

from specrec.serve.subsonic.router import make_router

__all__ = ["make_router"]
