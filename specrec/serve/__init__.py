"""HTTP: REST, OpenSubsonic and the routes of existing plugins, over libraries on disk."""
