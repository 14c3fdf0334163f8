import gc
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if sys.dont_write_bytecode:
    # Containers often say so. Each of the hundreds of processes that the tests start would then
    # compile all of torch for itself, which takes longer than most tests. The folder lasts as long
    # as the first process that comes here, and is that of all it starts.
    _bytecode = tempfile.TemporaryDirectory(prefix="bytecode-")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = _bytecode.name
    sys.dont_write_bytecode = False

# There are as many test processes as cores: with several threads in each, they would wait for each
# other, and in waiting keep all cores busy. It is read when torch and NumPy are loaded, by all
# processes that this one starts as well.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import hypothesis
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

# torch and specrec are imported in the functions below: the process that hands out the tests to
# those that run them needs neither, and they wait for it.
if TYPE_CHECKING:
    from specrec.index.build import BuildReport
    from specrec.model.encoder import Encoder

# How long an example takes depends on the machine, and on what else it does.
hypothesis.settings.register_profile("specrec", deadline=None)
hypothesis.settings.load_profile("specrec")

# A shell ignores SIGINT for what it starts in the background, and so would all that is tested.
signal.signal(signal.SIGINT, signal.default_int_handler)

# librosa, our reference, compiles by numba. Two processes that fill one cache of compiled ufuncs
# damage it (numba #10128), and then each process that reads it dies: so each has its own. Here,
# not in `tests`, which worker processes that are killed import too.
_numba_cache = tempfile.TemporaryDirectory(prefix="numba-")
os.environ["NUMBA_CACHE_DIR"] = _numba_cache.name
os.environ["NUMBA_OPT"] = "0"  # compiling takes far longer than what is compiled runs


# Loaded modules are no garbage, and many: to look through them again and again takes its time.
gc.set_threshold(100_000)


def pytest_collection_finish() -> None:
    gc.freeze()


class _ByFile(LoadFileScheduling):
    """Gives each file to one process, and all that use librosa to the same: it compiles once."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "librosa" if _uses_librosa(self.config.rootpath / file) else file


@cache
def _uses_librosa(file: Path) -> bool:
    return "import librosa" in file.read_text(encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    return _ByFile(config, log) if config.getoption("dist") == "loadfile" else None


def make_encoder(seed: int = 0, **front_end: float) -> "Encoder":
    """A small encoder with random weights, whose embeddings still tell sounds apart."""
    import torch

    from specrec.config import Architecture, FrontEnd
    from specrec.model.encoder import Encoder

    torch.manual_seed(seed)
    encoder = Encoder(
        FrontEnd(window_seconds=2.0, **front_end),
        Architecture(widths=(8, 16, 16, 32), embedding_dim=24),
    )  # type: ignore[arg-type]
    torch.nn.init.normal_(encoder.center, std=0.01)
    return encoder.eval()


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model with random weights."""
    from specrec.model.model import save_model

    folder = tmp_path_factory.mktemp("model") / "random"
    save_model(make_encoder(), folder, name="random", license="MIT")
    return folder


@pytest.fixture(scope="session", autouse=True)
def imagenet_weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Random weights where torchvision's loader keeps those it has downloaded."""
    import torch
    from torchvision.models import ResNet18_Weights, resnet18

    home = tmp_path_factory.mktemp("torch")
    file = home / "hub" / "checkpoints" / Path(ResNet18_Weights.DEFAULT.url).name
    file.parent.mkdir(parents=True)
    torch.manual_seed(0)
    torch.save(resnet18(weights=None).state_dict(), file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCH_HOME", str(home))
        yield file


@pytest.fixture
def build(model_folder: Path) -> Callable[..., "BuildReport"]:
    """Indexes a folder with the random model."""
    from specrec.config import IndexConfig
    from specrec.index.build import build_library

    def run(audio: Path, library: Path, **settings: bool | str) -> "BuildReport":
        config = IndexConfig(
            str(audio),
            str(library),
            str(model_folder),
            workers=1,
            measure_features=False,
            **settings,
        )
        return build_library(config)

    return run
