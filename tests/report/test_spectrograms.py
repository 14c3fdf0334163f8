import io
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib import colormaps
from PIL import Image

from specrec.audio.loading import load
from specrec.catalog.scan import scan_folder
from specrec.config import FrontEnd
from specrec.descriptors.mel_db import NOTEBOOK, MelSettings, band_of, mel_db
from specrec.errors import CatalogError
from specrec.report.spectrogram_png import axes_png, clean_png
from specrec.report.spectrograms import Drawing, Rendering, draw_folder
from tests.sounds import MUSIC_RATE, tone, write

TONE_HZ = 3000.0
LONG = "長" * 84  # 252 bytes: with the suffix of a picture too long for a file system


def draw(root: Path, output: Path, drawing: Drawing | None = None) -> Rendering:
    return draw_folder(root, scan_folder(root), output, drawing or Drawing(NOTEBOOK), workers=1)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("music")
    write(folder / "tone.wav", tone(2.0, TONE_HZ, MUSIC_RATE), MUSIC_RATE)
    write(folder / "twice.wav", tone(1.2, 500))
    write(folder / "twice.flac", tone(1.3, 600))
    write(folder / "sub" / "日本 [x] $a$.ogg", tone(1.4, 700))
    write(folder / f"{LONG}.au", tone(1.5, 800))
    write(folder / "short.wav", tone(0.5))
    write(folder / "silent.wav", np.zeros(2 * MUSIC_RATE, np.float32), MUSIC_RATE)
    (folder / "bad.wav").write_text("no audio")
    (folder / "empty.mp3").touch()
    (folder / "gone.wav").symlink_to(folder / "nowhere")
    for name in ("taken", "photo", "link/a"):
        write(folder / f"{name}.wav", tone(1.1))
    return folder


@pytest.fixture(scope="module")
def drawn(music: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Rendering]:
    """Pictures in a folder that holds other things already."""
    output = tmp_path_factory.mktemp("out")
    (output / "taken.png").write_text("a diary")
    Image.new("RGB", (4, 4)).save(output / "photo.png")
    (output / "link").symlink_to(tmp_path_factory.mktemp("outside"))
    return output, draw(music, output)


def test_each_file_has_its_picture(drawn: tuple[Path, Rendering], music: Path) -> None:
    output, rendering = drawn
    assert rendering.drawn == 5
    assert set(rendering.pictures) == {
        "tone.wav",
        "twice.wav",
        "twice.flac",
        "sub/日本 [x] $a$.ogg",
        f"{LONG}.au",
    }
    assert rendering.pictures["sub/日本 [x] $a$.ogg"] == "sub/日本 [x] $a$.png"
    there = {path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file()}
    assert there == {*rendering.pictures.values(), "taken.png", "photo.png"}


def test_what_fails_is_listed_with_its_reason(drawn: tuple[Path, Rendering]) -> None:
    assert {item.path: str(item.reason) for item in drawn[1].skipped} == {
        "bad.wav": "not_audio",
        "empty.mp3": "empty",
        "gone.wav": "missing",
        "link/a.wav": "bad_name",
        "photo.wav": "bad_name",
        "short.wav": "too_short",
        "silent.wav": "silent",
        "taken.wav": "bad_name",
    }


def test_nothing_is_written_over_or_outside(drawn: tuple[Path, Rendering]) -> None:
    output, _ = drawn
    assert (output / "taken.png").read_text() == "a diary"
    with Image.open(output / "photo.png") as photo:
        assert photo.size == (4, 4)
    assert not list((output / "link").iterdir())


def test_a_tone_is_a_bright_line_in_its_band(drawn: tuple[Path, Rendering]) -> None:
    with Image.open(drawn[0] / "tone.png") as picture:
        assert picture.size == (1 + 2 * MUSIC_RATE // 512, 128)
        assert picture.info["Title"] == "tone.wav"
        pixels = np.asarray(picture.convert("RGB"))
    magma = (255 * colormaps["magma"](np.arange(256))[:, :3]).round()
    middle = pixels[:, 40].astype(int)
    row = int(middle.sum(axis=1).argmax())
    band = band_of(np.array([TONE_HZ]), NOTEBOOK.front_end)[0]
    assert abs((127 - row) - band) < 1  # the lowest band at the bottom
    assert np.abs(pixels[row, 10:-10] - magma[255]).max() <= 12  # within 3 dB of the maximum
    np.testing.assert_allclose(middle[127], magma[0], atol=1)


def test_pixels_are_the_decibels() -> None:
    db = np.linspace(-80, 0, 128 * 50, dtype=np.float32).reshape(128, 50)
    made = clean_png(db, {"Title": "日本"})
    with Image.open(io.BytesIO(made)) as picture:
        assert picture.mode == "P"
        levels = np.asarray(picture)[::-1]
        assert picture.info["Title"] == "日本"
    np.testing.assert_allclose(levels / 255 * 80 - 80, db, atol=80 / 255 / 2 + 1e-4)


def test_axes_frame_the_same_picture() -> None:
    front_end = FrontEnd()
    db = np.full((128, 400), -80, dtype=np.float32)
    db[64:] = 0  # the upper half
    sizes = set()
    for title in ("plain", "$\\frac 日本 🎧\n"):
        with Image.open(io.BytesIO(axes_png(db, front_end, title, {"Title": title}))) as picture:
            pixels = np.asarray(picture.convert("RGB")).astype(int)
            sizes.add(picture.size)
    assert len(sizes) == 1
    height, width, _ = pixels.shape
    column = pixels[:, width // 2].sum(axis=1)
    bright, dark = column[height // 4], column[3 * height // 4]
    np.testing.assert_allclose(pixels[3 * height // 4, width // 2], (0, 0, 4), atol=1)
    assert bright > dark + 500


def test_what_is_up_to_date_is_kept(
    drawn: tuple[Path, Rendering], music: Path, tmp_path: Path
) -> None:
    folder, output = tmp_path / "music", tmp_path / "out"
    shutil.copytree(music / "sub", folder / "sub")
    for name in ("tone.wav", "twice.wav", "twice.flac"):
        shutil.copy(music / name, folder / name)  # at another time, the same content
    shutil.copytree(drawn[0], output)
    before = {path: path.stat().st_mtime_ns for path in output.rglob("*.png")}
    again = draw(folder, output)
    assert (again.drawn, len(again.pictures)) == (0, 4)
    write(folder / "twice.wav", tone(1.6, 700))
    assert draw(folder, output).drawn == 1
    after = {path: path.stat().st_mtime_ns for path in output.rglob("*.png")}
    assert {path.name for path in before if after[path] != before[path]} == {"twice.wav.png"}


def test_only_failures_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    with pytest.raises(CatalogError, match="no audio files"):
        draw(tmp_path / "music", tmp_path / "out")
    (tmp_path / "music" / "gone.wav").symlink_to(tmp_path / "nowhere")
    with pytest.raises(CatalogError, match=r"nothing .* in 1 file; .* gone\.wav: .*\(missing\)"):
        draw(tmp_path / "music", tmp_path / "out")


def test_other_settings_give_other_pictures(drawn: tuple[Path, Rendering], tmp_path: Path) -> None:
    output = tmp_path / "out"
    path = write(tmp_path / "music" / "tone.wav", tone(3.0, 900, MUSIC_RATE), MUSIC_RATE)
    output.mkdir()
    shutil.copy(drawn[0] / "tone.png", output)
    settings = MelSettings("small", replace(FrontEnd(), n_mels=40, hop_length=256))
    assert draw(path.parent, output, Drawing(settings, seconds=1.0)).drawn == 1
    with Image.open(output / "tone.png") as picture:
        levels = np.asarray(picture)[::-1]
        assert "1.0 s to 2.0 s" in picture.info["Description"]
    part = load(path, MUSIC_RATE, 1.0, 1.0)
    np.testing.assert_allclose(levels / 255 * 80 - 80, mel_db(part, settings), atol=0.16)
