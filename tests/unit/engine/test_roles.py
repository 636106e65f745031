"""Which mailbox serves which purpose."""

import pytest

from tuimail.engine.role_names import ROLES, folded, usual_names
from tuimail.engine.roles import CREATED, below_prefix, mailbox_for, personal_prefix
from tuimail.model.mail import INBOX, AccountName, Mailbox, MailboxName, Role

WORK = AccountName("work")


def box(
    name: str, role: Role = Role.NONE, delimiter: str = "/", *, prefix: str | None = None
) -> Mailbox:
    return Mailbox(WORK, MailboxName(name), role, 0, 0, delimiter=delimiter, prefix=prefix)


def found(names: str, delimiter: str = "/", *, prefix: str | None = None) -> list[str]:
    """Archive, Sent, Trash, Drafts and Junk where there are the inbox and these mailboxes."""
    others = [box(name, delimiter=delimiter) for name in names.split(", ") if name]
    mailboxes = [box(INBOX, Role.INBOX, delimiter, prefix=prefix), *others]
    return [mailbox_for(role, mailboxes, {}) for role in CREATED]


INBOX_ITSELF = box(INBOX, Role.INBOX)


def test_the_users_word_comes_first() -> None:
    mailboxes = [INBOX_ITSELF, box("Trash", Role.TRASH)]
    chosen = {Role.TRASH: MailboxName("Bin")}
    assert mailbox_for(Role.TRASH, mailboxes, chosen) == "Bin"


def test_then_what_the_server_says() -> None:
    mailboxes = [INBOX_ITSELF, box("Trash"), box("Müll", Role.TRASH)]
    assert mailbox_for(Role.TRASH, mailboxes, {}) == "Müll"


@pytest.mark.parametrize(
    ("role", "name"),
    [
        (Role.TRASH, "Deleted Items"),
        (Role.JUNK, "spam"),
        (Role.ARCHIVE, "Archives"),
        (Role.ARCHIVE, "[Gmail]/All Mail"),
        (Role.SENT, "Sent Items"),
        (Role.DRAFTS, "drafts"),
    ],
)
def test_then_the_usual_names(role: Role, name: str) -> None:
    assert mailbox_for(role, [INBOX_ITSELF, box("Lists"), box(name)], {}) == name


def test_then_the_name_that_will_be_created() -> None:
    assert mailbox_for(Role.ARCHIVE, [INBOX_ITSELF, box("Lists")], {}) == "Archive"


def test_below_the_inbox_where_all_mailboxes_are() -> None:
    mailboxes = [INBOX_ITSELF, box("INBOX.Lists", delimiter="."), box("INBOX.Spam", delimiter=".")]
    assert mailbox_for(Role.ARCHIVE, mailboxes, {}) == "INBOX.Archive"
    assert mailbox_for(Role.JUNK, mailboxes, {}) == "INBOX.Spam"


def test_a_mailbox_that_cannot_be_selected_serves_no_purpose() -> None:
    shell = Mailbox(WORK, MailboxName("Trash"), Role.TRASH, 0, 0, selectable=False)
    deleted = box("Deleted Items")
    assert mailbox_for(Role.TRASH, [shell, deleted], {}) == "Deleted Items"


# Archive, Sent, Trash, Drafts and Junk, as Exchange, Outlook.com and webmailers name them.
LANGUAGES = {
    "en": "Archive, Sent Items, Deleted Items, Drafts, Junk Email",
    "de": "Archiv, Gesendete Elemente, Gelöschte Elemente, Entwürfe, Junk-E-Mail",
    "de, GMX": "Archiv, Gesendet, Papierkorb, Entwürfe, Spamverdacht",
    "fr": "Archives, Éléments envoyés, Éléments supprimés, Brouillons, Courrier indésirable",
    "fr, free": "Archives, Messages envoyés, Corbeille, Brouillons, Indésirables",
    "es": "Archivo, Elementos enviados, Elementos eliminados, Borradores, Correo no deseado",
    "it": "Archivio, Posta inviata, Posta eliminata, Bozze, Posta indesiderata",
    "pt": "Arquivo Morto, Itens Enviados, Itens Excluídos, Rascunhos, Lixo Eletrônico",
    "nl": "Archief, Verzonden items, Verwijderde items, Concepten, Ongewenste e-mail",
    "sv": "Arkiv, Skickat, Borttaget, Utkast, Skräppost",
    "da": "Arkiv, Sendt post, Slettet post, Kladder, Uønsket mail",
    "nb": "Arkiv, Sendte elementer, Slettede elementer, Utkast, Søppelpost",
    "fi": "Arkisto, Lähetetyt, Poistetut, Luonnokset, Roskaposti",
    "pl": "Archiwum, Elementy wysłane, Elementy usunięte, Kopie robocze, Wiadomości-śmieci",
    "cs": "Archiv, Odeslaná pošta, Odstraněná pošta, Koncepty, Nevyžádaná pošta",
    "sk": "Archív, Odoslaná pošta, Odstránená pošta, Koncepty, Nevyžiadaná pošta",
    "hu": "Archívum, Elküldött elemek, Törölt elemek, Piszkozatok, Levélszemét",
    "ro": "Arhivă, Elemente trimise, Elemente şterse, Schiţe, E-mail nedorit",
    "ru": "Архив, Отправленные, Удаленные, Черновики, Нежелательная почта",
    "ru, Mail.ru": "Архив, Отправленные, Корзина, Черновики, Спам",
    "uk": "Архів, Надіслані, Видалені, Чернетки, Небажана пошта",
    "bg": "Архив, Изпратени, Изтрити, Чернови, Нежелана поща",
    "el": "Αρχείο, Απεσταλμένα, Διαγραμμένα, Πρόχειρα, Ανεπιθύμητη αλληλογραφία",
    "tr": "Arşiv, Gönderilmiş Öğeler, Silinmiş Öğeler, Taslaklar, Önemsiz E-posta",
    "tr, capitals": "ARŞİV, GÖNDERİLMİŞ ÖĞELER, SİLİNMİŞ ÖĞELER, TASLAKLAR, ÖNEMSİZ E-POSTA",
    "ja": "アーカイブ, 送信済みアイテム, 削除済みアイテム, 下書き, 迷惑メール",
    "zh-CN": "存档, 已发送邮件, 已删除邮件, 草稿, 垃圾邮件",
    "zh-TW": "封存, 寄件備份, 刪除的郵件, 草稿, 垃圾郵件",
    "ko": "보관, 보낸 편지함, 지운 편지함, 임시 보관함, 정크 메일",
    "he": "ארכיון, פריטים שנשלחו, פריטים שנמחקו, טיוטות, דואר זבל",
    "ar": "الأرشيف, العناصر المرسلة, العناصر المحذوفة, المسودات, البريد العشوائي",
    "ca": "Arxiu, Elements enviats, Elements suprimits, Esborranys, Correu brossa",
    "vi": "Lưu trữ, Đã gửi, Thùng rác, Thư nháp, Thư rác",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("start", "delimiter", "prefix"), [
    ("", "/", None), ("", "/", ""), ("INBOX.", ".", "INBOX."), ("INBOX.", ".", None),
    ("Inbox/", "/", ""), ("inbox/", "/", None),
])  # fmt: skip
def test_usual_names_are_known_in_many_languages_and_below_any_inbox(
    language: str, start: str, delimiter: str, prefix: str | None
) -> None:
    names = [start + name for name in LANGUAGES[language].split(", ")]
    told = ", ".join([*names, start + "Outbox", start + "Postausgang", start + "Lists"])
    assert found(told, delimiter, prefix=prefix) == names


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("SENT-MAIL", Role.SENT),
        ("Sent_Items", Role.SENT),
        ("SentItems", Role.SENT),
        ("Elements envoyes", Role.SENT),
        ("Entwu\u0308rfe", Role.DRAFTS),
        ("удалённые", Role.TRASH),
        ("Junk-E-Mail", Role.JUNK),
        ("Ｓｅｎｔ", Role.SENT),
        ("Wyslane", Role.SENT),
    ],
)
def test_the_way_of_writing_does_not_matter(name: str, role: Role) -> None:
    assert mailbox_for(role, [INBOX_ITSELF, box(name)], {}) == name


def test_a_name_means_one_purpose_only() -> None:
    names = [name for role in ROLES for name in usual_names(role)]
    assert len(names) == len(set(names))
    for outbox in ("Outbox", "Postausgang", "Boîte d'envoi", "寄件匣", "Исходящие", "보낼 편지함"):
        assert folded(outbox) not in names


def test_the_nearest_to_the_top_is_meant() -> None:
    assert found("Inbox/Sent, Old/Sent, Gesendet")[1] == "Gesendet"
    assert found("Old/Sent, Lists/Archive") == ["Archive", "Sent", "Trash", "Drafts", "Junk"]


@pytest.mark.parametrize("google", ["[Gmail]/Alle Nachrichten", "[Google Mail]/Tous les messages"])
def test_archiving_in_gmail_is_all_mail_in_any_language(google: str) -> None:
    everything = box(google, Role.ALL)
    assert mailbox_for(Role.ARCHIVE, [INBOX_ITSELF, box("Archive"), everything], {}) == google
    chosen = {Role.ARCHIVE: MailboxName("Archive")}
    assert mailbox_for(Role.ARCHIVE, [INBOX_ITSELF, everything], chosen) == "Archive"


def test_a_virtual_mailbox_of_everything_is_no_archive() -> None:
    mailboxes = [INBOX_ITSELF, box("virtual/All", Role.ALL)]
    assert mailbox_for(Role.ARCHIVE, mailboxes, {}) == "Archive"


def test_orange_calls_outbox_what_was_sent() -> None:
    assert found("OUTBOX, DRAFT, TRASH, QUARANTAINE") == [
        *("Archive", "OUTBOX", "TRASH", "DRAFT", "QUARANTAINE")
    ]
    assert found("OUTBOX, DRAFT")[1] == "Sent"


@pytest.mark.parametrize("names", ["", "Public, Public.News", "INBOX.Lists, shared.Sent, Archive"])
def test_what_is_created_is_where_the_server_says(names: str) -> None:
    created = ["Archive", "Sent", "Trash", "Drafts", "Junk"]
    below = [f"INBOX.{name}" for name in created]
    assert found(names, ".", prefix="INBOX.") == below
    if "Archive" not in names:
        assert found(names.replace("INBOX.", ""), ".", prefix="") == created


def test_where_the_server_does_not_say_it_the_known_names_tell() -> None:
    below = ["INBOX.Sent", "INBOX.Trash", "Public.News"]
    assert personal_prefix([box(name, delimiter=".") for name in below]) == "INBOX."
    beside = [*below, "Drafts"]
    assert personal_prefix([box(name, delimiter=".") for name in beside]) == ""


def test_a_new_mailbox_is_one_of_ones_own() -> None:
    mailboxes = [
        box(INBOX, Role.INBOX, ".", prefix="INBOX."),
        *(box(name, delimiter=".") for name in ("INBOX.Work", "Public")),
    ]
    for typed, meant in {
        "Projects": "INBOX.Projects",
        "INBOX.Projects": "INBOX.Projects",
        "Inbox.Projects": "INBOX.Projects",
        "INBOX": "INBOX",
        "Public.News": "Public.News",
        "Public": "Public",
        "Publicity": "INBOX.Publicity",
    }.items():
        assert below_prefix(MailboxName(typed), mailboxes) == meant
    assert below_prefix(MailboxName("Projects"), [INBOX_ITSELF]) == "Projects"
