"""The check that all schemas make of their values."""

from specrec.errors import ConfigError


def require(holds: bool, key: str, value: object, rule: str) -> None:
    """Refuses a setting whose value is out of range.

    Args:
        holds: Whether the value is allowed.
        key: The setting, as it is typed.
        value: The value it was given.
        rule: The allowed values, so that "KEY must be RULE" is a sentence.

    Raises:
        ConfigError: If the value is not allowed.
    """
    if not holds:
        raise ConfigError(f"{key} must be {rule}, not {value}")
