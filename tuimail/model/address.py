"""Who writes and who reads: addresses as a terminal may show them."""

from dataclasses import dataclass

from tuimail.model.safe_text import SafeText


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox in the sense of RFC 5322 3.4; `name` is empty where there is none."""

    name: SafeText
    address: SafeText

    @property
    def shown(self) -> SafeText:
        """The name if there is one, else the address."""
        return self.name or self.address
