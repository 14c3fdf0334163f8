"""The check that all schemas use."""

from specrec.errors import ConfigError


def require(holds: bool, key: str, value: object, rule: str) -> None:
    """Refuses a value.

    Raises:
        ConfigError: If the rule does not hold.
    """
    if not holds:
        raise ConfigError(f"{key} must be {rule}, not {value}")
