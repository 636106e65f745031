"""A number typed before a key. Pure."""

_LARGEST = 10_000_000


class Count:
    value = 0

    def digit(self, name: str) -> bool:
        """Whether this key was part of a number; none begins with 0."""
        if len(name) > 1 or name not in "0123456789" or (name == "0" and not self.value):
            return False
        self.value = min(self.value * 10 + int(name), _LARGEST)
        return True

    def take(self) -> int:
        """The number, 0 where there was none; a new one begins."""
        value, self.value = self.value, 0
        return value
