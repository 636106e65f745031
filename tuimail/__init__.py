"""tuimail: a terminal mail reader. The map of the code:

    cli > ui > engine > backend | store | mime | config > wire > model

`model` says what mail is: frozen values and pure functions. A `Store` keeps one account
on disk, a `Backend` speaks to one account's server, and the `Engine`, a process of its
own, keeps the two in step. `Mail` is how everyone else asks the store, records commands
in it and hears the engine's news; the user interface knows `Mail` and the model, nothing
below them. Every change is written to a journal, shows at once as an overlay on the
index, and is told to the server later; if the server refuses, it is taken back.
"""

__version__ = "0.1.0"
