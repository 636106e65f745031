"""Who writes in the demo: the owner of the account and the people around her."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """A correspondent; `zone` is hours from UTC, `honest` False where the sender is forged."""

    name: str
    address: str
    zone: float = 2
    honest: bool = True

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    @property
    def first_name(self) -> str:
        """For Message-IDs: plain letters only."""
        return "".join(c for c in self.address.partition("@")[0] if c.isalnum() and c.isascii())


OWNER = Person("Mira Lindqvist", "mira@lindqvist.example")

# Nordlys Marine keeps lighthouses and buoys lit.
HANNE = Person("Hanne Sørby", "hanne.sorby@nordlys.example")
TOMASZ = Person("Tomasz Wójcik", "tomasz.wojcik@nordlys.example")
DELE = Person("Dele Okafor", "dele.okafor@nordlys.example", zone=1)
AIKO = Person("田中愛子", "aiko.tanaka@nordlys.example", zone=9)
WEITING = Person("陳薇婷", "weiting.chen@harbourlight.example", zone=8)
INGRID = Person("Ingrid Haugen", "ingrid.haugen@kystverk.example")

# Family and friends.
BIRGITTA = Person("Birgitta Lindqvist", "birgitta@lindqvist.example")
JONAS = Person("Jonas Lindqvist", "jonas@lindqvist.example")
EBBA = Person("Ebba Lindqvist", "ebba@mormorsgard.example")
SAM = Person("Sam Carrow", "sam@carrow.example", zone=1)
NOOR = Person("Noor Haddad", "noor@papercrane.example", zone=3)
THEO = Person("Theo Marsh", "theo@marsh.example", zone=-5)

# The choir.
LUISA = Person("Luisa Ferrante", "luisa@harbourchoir.example")
PIETER = Person("Pieter de Vries", "pieter@devries.example")
GRACE = Person("Grace Adeyemi", "grace.adeyemi@example.org", zone=1)
CHOIR = Person("Harbour Choir", "singers@harbourchoir.example")

# The tidetable project.
FORGE = "notifications@forgehub.example"
PROJECT = Person("mira/tidetable", "tidetable@noreply.forgehub.example")
KESTREL = Person("kestrel-dev", FORGE, zone=0)
ANA = Person("Ana Sofía Prieto", FORGE, zone=0)
BOT = Person("tidetable-ci[bot]", FORGE, zone=0)

# The mailing list.
PYTHON_DEV = Person("python-dev", "python-dev@lists.example.org", zone=0)
MARGUERITE = Person("Marguerite Oyelaran", "m.oyelaran@example.org", zone=1)
HENRIK = Person("Henrik Solberg", "henrik@solberg.example")
PRIYA = Person("Priya Raman", "priya.raman@example.net", zone=5.5)
CALEB = Person("Caleb Thornbury", "caleb@thornbury.example", zone=-7)
YUSUF = Person("Yusuf Demir", "yusuf.demir@example.com", zone=3)
