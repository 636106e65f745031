"""The usual names of mailboxes with a purpose, as Exchange and webmailers write them.

The outbox is none of them: what waits there was not sent.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache

from tuimail.model.mail import Role

# Languages in this order: en de fr es it pt nl sv da nb fi pl cs sk hu ro ru uk bg el tr ja zh ko
# he ar ca hr sl et lv lt vi th id.
_SENT = """
sent, sent items, sent messages, sent mail, sent email, sent objects, gesendet, gesendete elemente,
gesendete objekte, gesendete nachrichten, gesendete mails, gesendete e-mails, envoyés, envoyé,
éléments envoyés, messages envoyés, courrier envoyé, courriers envoyés, objets envoyés,
mails envoyés, e-mails envoyés, enviados, enviado, elementos enviados, correo enviado,
correos enviados, mensajes enviados, inviata, inviati, inviate, posta inviata, elementi inviati,
messaggi inviati, itens enviados, mensagens enviadas, enviadas, e-mails enviados, e-mail enviado,
correio enviado, verzonden, verzonden items, verzonden berichten, verzonden objecten,
verzonden e-mail, skickat, skickade, skickade objekt, skickade meddelanden, skickad e-post,
skickat mail, sendt, sendte, sendt post, sendte elementer, sendte meddelelser, sendte beskeder,
sendt mail, sendte meldinger, sendt e-post, lähetetyt, lähetetyt viestit, lähetetyt kohteet,
lähetetyt sähköpostit, wysłane, elementy wysłane, wysłane wiadomości, wiadomości wysłane,
odeslaná pošta, odeslané, odeslané položky, odeslané zprávy, odoslaná pošta, odoslané,
odoslané položky, odoslané správy, elküldött, elküldöttek, elküldött elemek, elküldött üzenetek,
elküldött levelek, trimise, elemente trimise, mesaje trimise, e-mailuri trimise, отправленные,
отправленные элементы, отправленные сообщения, отправленные письма, отправлено, надіслані,
надіслане, надіслані елементи, надіслані повідомлення, надіслані листи, відправлені,
відправлені листи, изпратени, изпратени елементи, изпратени съобщения, απεσταλμένα, σταλμένα,
απεσταλμένα στοιχεία, απεσταλμένα μηνύματα, gönderilmiş öğeler, gönderilen öğeler, gönderilenler,
gönderilmiş, gönderilen, gönderilmiş postalar, gönderilmiş iletiler, gönderilen postalar,
送信済みアイテム, 送信済み, 送信済みメール, 送信済みメッセージ, 送信済, 送信済みトレイ, 送信メール,
已发送, 已发送邮件, 已发送项目, 已发送的邮件, 已发送消息, 已发邮件, 寄件備份, 已寄出, 已寄出郵件,
已傳送, 已傳送郵件, 已傳送的郵件, 已傳送項目, 보낸 편지함, 보낸 메일함, 보낸 항목, 보낸 메일,
보낸 메시지, פריטים שנשלחו, נשלחו, נשלח, דואר שנשלח, العناصر المرسلة, المرسلة, البريد المرسل,
الرسائل المرسلة, مرسل, enviats, elements enviats, poslano, poslane stavke, poslani predmeti,
poslana pošta, saadetud, saadetud üksused, saadetud kirjad, nosūtītie, nosūtītie vienumi,
nosūtīts, išsiųsta, išsiųsti, išsiųsti elementai, išsiųsti laiškai, đã gửi, thư đã gửi,
các mục đã gửi, mục đã gửi, รายการที่ส่ง, ส่งแล้ว, จดหมายที่ส่งแล้ว, terkirim, item terkirim,
pesan terkirim
"""
_DRAFTS = """
drafts, draft, entwürfe, entwurf, brouillons, brouillon, borradores, borrador, bozze, bozza,
rascunhos, rascunho, concepten, concept, utkast, kladder, kladde, kladd, luonnokset, luonnos,
kopie robocze, wersje robocze, robocze, szkice, koncepty, koncept, rozepsané, rozpísané,
piszkozatok, piszkozat, schițe, ciorne, mesaje nefinalizate, черновики, черновик, чернетки,
чернетка, чернови,
πρόχειρα, πρόχειρο, taslaklar, taslak, 下書き, 下書, 草稿, 草稿箱, 草稿夹, 草稿匣,
임시 보관함, 임시 보관, 임시 저장, 임시 편지함, 초안, טיוטות, טיוטה, مسودات, المسودات, مسودة,
esborranys, nacrti, skice, osnutki, mustandid, melnraksti, juodraščiai, thư nháp, bản nháp,
แบบร่าง, ร่างจดหมาย, draf, konsep
"""
_TRASH = """
trash, deleted items, deleted messages, deleted, deleted mail, bin, rubbish, trash bin, papierkorb,
gelöscht, gelöschte elemente, gelöschte objekte, gelöschte nachrichten, gelöschte mails, corbeille,
poubelle, éléments supprimés, messages supprimés, supprimés, objets supprimés, papelera,
papelera de reciclaje, elementos eliminados, eliminados, correo eliminado, mensajes eliminados,
cestino, posta eliminata, posta cestinata, elementi eliminati, messaggi eliminati, eliminata,
eliminati, lixeira, lixo, itens excluídos, itens eliminados, itens apagados, excluídos,
mensagens excluídas, mensagens eliminadas, reciclagem, prullenbak, prullenmand, verwijderd,
verwijderde items, verwijderde berichten, verwijderde objecten, papperskorgen, papperskorg,
borttaget, borttagna objekt, borttagna meddelanden, papirkurv, slettet, slettet post,
slettede elementer, slettede meddelelser, slettede beskeder, papirkurven, slettede meldinger,
søppelbøtte, roskakori, poistetut, poistetut viestit, poistetut kohteet, kosz, usunięte,
elementy usunięte, usunięte wiadomości, wiadomości usunięte, koš, odstraněná pošta, odstraněné,
odstraněné položky, smazané, kôš, odstránená pošta, odstránené, odstránené položky, vymazané,
kuka, lomtár, törölt, töröltek, törölt elemek, törölt üzenetek, szemetes, coș de gunoi, gunoi,
coș, elemente șterse, mesaje șterse, șterse, корзина, удаленные, удаленные элементы,
удаленные сообщения, удаленные письма, кошик, смітник, видалені, видалене, видалені елементи,
видалені листи, кошче, изтрити, изтрити елементи, κάδος, κάδος απορριμμάτων, απορρίμματα,
κάδος ανακύκλωσης, διαγραμμένα, διαγραμμένα στοιχεία, çöp kutusu, çöp, silinmiş öğeler,
silinen öğeler, silinmiş, silinenler, silinmiş iletiler, silinmiş postalar, ゴミ箱, ごみ箱,
削除済みアイテム, 削除済み, 削除済みメール, 削除済みメッセージ, 已删除, 已删除邮件, 已删除项目,
已删除的邮件, 已删除消息, 废件箱, 回收站, 废纸篓, 垃圾桶, 已刪除, 刪除的郵件, 已刪除的郵件,
刪除郵件, 已刪除郵件, 已刪除項目, 資源回收筒, 휴지통, 지운 편지함,
지운 메일함, 삭제된 항목, 삭제 메일함, 삭제된 메일,
פריטים שנמחקו, נמחקו, אשפה, סל המיחזור, סל מיחזור, العناصر المحذوفة, المحذوفة,
المهملات, سلة المهملات, سلة المحذوفات, البريد المحذوف, محذوفات, paperera, elements suprimits,
smeće, otpad, izbrisane stavke, izbrisano, izbrisani predmeti, prügikast, kustutatud,
kustutatud üksused, atkritne, izdzēstie, izdzēstie vienumi, šiukšliadėžė, šiukšlinė,
ištrinta, panaikinti elementai, thùng rác, đã xóa, mục đã xóa, các mục đã xóa, thư đã xóa,
ถังขยะ, รายการที่ถูกลบ, sampah, item terhapus
"""
_JUNK = """
junk, spam, junk e-mail, junk mail, junk items, bulk mail, bulk, spam mail, spambox, suspected spam,
spamverdacht, spamordner, unerwünscht, unerwünschte werbung, unerwünschte e-mails, indésirables,
courrier indésirable, courriers indésirables, messages indésirables, pourriel, pourriels,
quarantaine, correo no deseado, no deseado, no deseados, correo basura, basura,
correo electrónico no deseado, posta indesiderata, indesiderata, indesiderati, posta spazzatura,
lixo eletrônico, lixo eletrónico, lixo electrónico, correio eletrônico não solicitado,
correio não solicitado, ongewenst, ongewenste e-mail, ongewenste berichten, ongewenste post,
skräppost, skräp, uønsket, uønsket mail, uønsket e-mail, uønsket post, søppelpost, søppel-e-post,
uønsket e-post, roskaposti, wiadomości-śmieci, śmieci, niechciane, niechciana poczta,
nevyžádaná pošta, nevyžádané, nevyžiadaná pošta, nevyžiadané, levélszemét, nedorite, e-mail nedorit,
mesaje nedorite, нежелательная почта, нежелательные, спам, небажана пошта, небажані,
небажана електронна пошта, нежелана поща, ανεπιθύμητα, ανεπιθύμητη αλληλογραφία,
ανεπιθύμητη ηλεκτρονική αλληλογραφία, önemsiz e-posta, önemsiz, gereksiz e-posta, gereksiz,
istenmeyen, istenmeyen e-posta, istenmeyen postalar, 迷惑メール, 迷惑メッセージ, 垃圾邮件, 垃圾郵件,
垃圾信件, 垃圾信箱, 스팸, 스팸함, 스팸 메일, 스팸 메일함, 스팸 편지함, 정크 메일, 정크 메일함,
정크 이메일, דואר זבל, זבל, ספאם, דואר אלקטרוני זבל, البريد العشوائي, بريد عشوائي,
البريد غير الهام, البريد الإلكتروني غير الهام, البريد المزعج, correu brossa, neželjena pošta,
neželena pošta, vsiljena pošta, rämpspost, mēstules, nevēlamais e-pasts, surogātpasts,
nepageidaujami laiškai, brukalas, šlamštas, thư rác, email rác, สแปม, อีเมลขยะ, จดหมายขยะ,
email sampah
"""
_ARCHIVE = """
archive, archives, archived, archiv, archivs, archiviert, archivé, archivés, archivo, archivos,
archivado, archivados, archivio, archiviati, arquivo, arquivos, arquivo morto, arquivados,
arquivar, archief, gearchiveerd, arkiv, arkiverat, arkiver, arkiveret, arkivert, arkisto, arkistot,
arkistoidut, archiwum, archiwa, archivy, archív, archívum, archivált, arhivă, arhiva, arhive, архив,
архивы, архів, архіви, αρχείο, αρχεία, αρχειοθέτηση, αρχειοθετημένα, αρχειοθήκη, arşiv, arşivler,
アーカイブ, 保存, 保存済み, 存档, 归档, 存檔, 封存, 典藏, 已归档, 封存郵件, 보관, 보관함, 보관 처리,
아카이브, ארכיון, הארכיון, أرشيف, الأرشيف, أرشفة, arxiu, arxius, arhiiv, arhīvs, archyvas, lưu trữ,
เก็บถาวร, อาร์ไคฟ์, arsip, all mail
"""


_NAMES = {
    Role.SENT: _SENT,
    Role.DRAFTS: _DRAFTS,
    Role.TRASH: _TRASH,
    Role.JUNK: _JUNK,
    Role.ARCHIVE: _ARCHIVE,
}
ROLES = tuple(_NAMES)
# Letters that Unicode does not take apart.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})


@cache
def usual_names(role: Role) -> Mapping[str, int]:
    """The names of mailboxes for `role`, folded, and their places: the first is meant."""
    names = _NAMES[role].split(",")
    return {folded(name): place for place, name in reversed([*enumerate(names)])}


def folded(name: str) -> str:
    """A name without what is written in one way or another: case, accents, blanks, hyphens."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    return "".join(filter(str.isalnum, text)).translate(_PLAIN)
