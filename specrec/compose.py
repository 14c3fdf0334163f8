"""Composes the settings of a run. Hydra and OmegaConf are imported nowhere else."""

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast, get_args, get_origin, get_type_hints

import hydra
from hydra.core.config_store import ConfigStore
from hydra.errors import HydraException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import (
    ConfigAttributeError,
    ConfigKeyError,
    OmegaConfBaseException,
    ValidationError,
)

from specrec.config import IndexConfig, TrainConfig
from specrec.config.old_names import renamed
from specrec.errors import ConfigError, SpecrecError, message_of
from specrec.printing import nearest, say
from specrec.stopping import exit_code
from specrec.writing import storage_error

Schema = TypeVar("Schema", TrainConfig, IndexConfig)

if sys.version_info >= (3, 14):  # which refuses a help of Hydra 1.3 that is no string
    argparse.ArgumentParser._check_help = lambda parser, action: None  # type: ignore[attr-defined]


def run_composed(
    config_name: str,
    schema: type[Schema],
    job: Callable[[Schema], None],
    overrides: Sequence[str],
) -> None:
    """Composes `conf/<config_name>.yaml` with overrides, validates it, and runs the job.

    An error that a user can fix ends the process with one line and exit code 2; Ctrl-C and signals
    of the system end it with the exit codes of `specrec.stopping`.

    Args:
        config_name: Name of the primary config.
        schema: The dataclass by which the settings are validated.
        job: Called with the validated settings.
        overrides: Arguments of the command line: `KEY=VALUE`, `GROUP=NAME`, and Hydra's options.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors come here instead of being printed by Hydra
    ConfigStore.instance().store(name=f"{config_name}_schema", node=schema)
    OmegaConf.register_new_resolver("settings_of", _settings_of, replace=True)
    if not {"-m", "--multirun"} & set(overrides):  # there a comma separates the values of a sweep
        keys = _text_keys(schema) | dict.fromkeys(_groups(), False)
        overrides = [_quoted(argument, keys) for argument in overrides]
    # In one line; Hydra makes its parser itself.
    argparse.ArgumentParser.error = _refuse  # type: ignore[method-assign,assignment]
    is_composed = False
    typed = sys.argv
    sys.argv = [typed[0], *overrides]  # where Hydra reads them

    @hydra.main(version_base="1.3", config_path=str(conf_folder()), config_name=config_name)
    def main(composed: DictConfig) -> None:
        nonlocal is_composed
        is_composed = True
        sys.argv = typed  # with which Lightning starts the other processes of a training
        try:  # here, for Hydra puts a line of its own before an error that leaves the job
            for key in _unknown_keys(composed, schema):
                raise ConfigError(_not_a_setting(key, schema))
            missing: set[str] = OmegaConf.missing_keys(composed)
            if missing:
                key = min(missing)
                raise ConfigError(f"{key} is not set; add {key}=VALUE to the command")
            settings: Any = OmegaConf.to_object(composed)
            job(settings)
        except (SpecrecError, OmegaConfBaseException, OSError) as error:
            _fail(error)

    try:
        _refuse_old_names(overrides)
        main()
    except (ConfigError, HydraException, OmegaConfBaseException) as error:
        for cause in _causes(error):
            if isinstance(cause, OverrideParseException):
                _fail(ConfigError(_not_read(cause.override)))
            if isinstance(cause, ConfigAttributeError | ConfigKeyError):
                _fail(ConfigError(_not_a_setting(str(cause.full_key), schema)))
            if isinstance(cause, ValidationError):
                key = str(cause.full_key).partition("[")[0]  # of a list, it is an element's
                if key in (kinds := _kinds(schema)):
                    _fail(ConfigError(_not_its_kind(key, kinds[key], cause.value)))
        _fail(error)
    except BrokenPipeError:  # whoever read the output (head, less) has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:  # Hydra makes the folder of a run before it calls the job
        _fail(error if error.filename is None else storage_error(error.filename, error))
    except Exception as error:  # Hydra's own are of any type
        if is_composed:
            raise
        _fail(error)
    except KeyboardInterrupt as error:
        with suppress(OSError):  # a closed terminal
            say("interrupted; run the same command again to go on", error=True)
        sys.exit(exit_code(error))


def conf_folder() -> Path:
    """Finds the folder `conf/`: in the installed package, or beside it in a checkout."""
    installed = Path(__file__).parent / "conf"
    return installed if installed.is_dir() else Path(__file__).parents[1] / "conf"


def _settings_of(config_name: str) -> str:
    """Reads the settings of a config as its file has them, with what they mean, for its help."""
    text = (conf_folder() / f"{config_name}.yaml").read_text(encoding="utf-8")
    return text.partition("_self_")[2].partition("\n\n")[2].partition("\nhydra:")[0]


_HINTS = (  # of Hydra and OmegaConf, that do not fit a validated config or one line
    "full_key:",
    "object_type",
    "reference_type",
    "To append to your config",
    "Config search path",
    "provider=",
    "See https://",
)


def _refuse_old_names(arguments: Sequence[str]) -> None:
    """Refuses keys that were renamed, before Hydra, which may fail to read their values."""
    for argument in arguments:
        if said := renamed(argument.partition("=")[0].lstrip("+~")):
            raise ConfigError(said)


def _unknown_keys(composed: Any, schema: type, prefix: str = "") -> Iterator[str]:
    """Yields keys that the schema does not have; `+KEY=VALUE` would add them silently."""
    kinds = get_type_hints(schema)
    for name in composed:
        if name not in kinds:
            yield f"{prefix}{name}"
        elif is_dataclass(kinds[name]):
            yield from _unknown_keys(composed[name], cast(type, kinds[name]), f"{prefix}{name}.")


def _not_a_setting(key: str, schema: type) -> str:
    """Says that there is no such key, and what it is called now, or which is the nearest."""
    if said := renamed(key):
        return said
    within, _, name = key.rpartition(".")
    others = [other for other in (*_kinds(schema), *_groups()) if other != key]
    keys = sorted(others, key=lambda known: known.rpartition(".")[0] == within)
    keys_of = {known.rpartition(".")[2]: known for known in keys}  # of equal names the one within
    near = nearest(name, keys_of)
    hint = "" if near is None else f"; did you mean {keys_of[near]}?"
    return f"{key} is not a setting{hint} (--cfg job shows all keys)"


_RULES = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def _not_its_kind(key: str, kind: Any, value: object) -> str:
    """Says what a setting must be."""
    if is_dataclass(kind):
        rule = f"a group of settings, such as {key}.{fields(kind)[0].name}=VALUE"
    else:  # a type, one or None, or a list
        (rule,) = {_RULES[part] for part in get_args(kind) or (kind,) if part in _RULES}
        if get_origin(kind) in (list, tuple):
            rule = f"a list (each {rule})"
    typed = "null" if value is None else value
    return f"{key} must be {rule}, not {typed} (--cfg job shows all keys)"


def _not_read(override: str) -> str:
    if "=" not in override:
        return f"{override!r} is no setting; give KEY=VALUE (--help lists the settings)"
    return f"{override}: the value can't be read; put it in quotes: KEY='\"VALUE\"'"


def _groups() -> list[str]:
    return [folder.name for folder in conf_folder().iterdir() if folder.is_dir()]


def _kinds(schema: type, prefix: str = "") -> dict[str, Any]:
    """Finds the types of all settings, nested ones as `data.audio`."""
    kinds: dict[str, Any] = {}
    for name, kind in get_type_hints(schema).items():
        kinds[prefix + name] = kind
        if is_dataclass(kind):
            kinds |= _kinds(cast(type, kind), f"{prefix}{name}.")
    return kinds


def _text_keys(schema: type) -> dict[str, bool]:
    """Finds the keys of texts, and whether each is a list."""
    return {
        key: get_origin(kind) in (list, tuple)
        for key, kind in _kinds(schema).items()
        if str in (kind, *get_args(kind))
    }


def _quoted(argument: str, keys: Mapping[str, bool]) -> str:
    """Quotes the text in `KEY=TEXT` for Hydra: paths may hold characters of its grammar.

    A text in quotes stays as it is.
    """
    key, _, value = argument.partition("=")
    is_list = keys.get(key.lstrip("+"))
    if is_list is None or not value or value == "null":
        return argument
    if not is_list:
        return f"{key}={_in_quotes(value)}"
    if not (value[0] == "[" and value[-1] == "]"):
        return f"{key}=[{_in_quotes(value)}]"
    if re.search(r"""[\[,]\s*['"\[{]""", value):
        return argument
    texts = [text.strip() for text in value[1:-1].split(",")]
    return f"{key}=[{','.join(_in_quotes(text) for text in texts if text)}]"


def _in_quotes(text: str) -> str:
    if text[0] in "'\"":
        return text
    if text.startswith("~/"):  # most shells leave it as it is behind `KEY=`
        text = str(Path(text).expanduser())
    text = text.replace("${", "\\${")  # else OmegaConf would look for a key
    text = re.sub(r'(\\*)("|$)', lambda match: 2 * match[1] + (match[2] and '\\"'), text)
    return f'"{text}"'


def _refuse(parser: argparse.ArgumentParser, message: str) -> NoReturn:
    _fail(ConfigError(f"{message} (--help lists the settings)"))


def _fail(error: BaseException) -> NoReturn:
    say(f"error: {_one_line(error)}", error=True)
    sys.exit(2)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yields an error, and in turn those from which it was raised."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _one_line(error: BaseException) -> str:
    """Returns the message of an error of any library on one line, without its hints."""
    for cause in _causes(error):
        if isinstance(cause, SpecrecError):  # a schema's own refusal, wrapped by OmegaConf
            return str(cause)
    if isinstance(error, OSError) and not isinstance(error, HydraException):  # a full disk, say
        return message_of(error)
    texts = [str(error), "" if error.__cause__ is None else str(error.__cause__)]
    lines = [line.strip() for text in texts for line in text.splitlines()]
    kept = [line for line in lines if line and not line.startswith(_HINTS)]
    said = " ".join(dict.fromkeys(kept)) or "the settings can't be read"
    return f"{said} (--cfg job shows all keys)"
