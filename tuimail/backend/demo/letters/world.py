"""Letters in other scripts, some in the old charsets that mail still comes in."""

from tuimail.backend.demo.letters.letter import Letter, ago, on
from tuimail.backend.demo.letters.people import WEITING, Person
from tuimail.model.mail import FLAGGED, SEEN, Flag, MailboxName

ARCHIVE = MailboxName("Archive")
UNREAD: frozenset[Flag] = frozenset()

_ryokan = Letter(
    "ryokan",
    Person("旅館 潮騒", "yoyaku@shiosai.example", zone=9),
    ago(25),
    "ご予約確認：灯台の見えるお部屋 🏮",
    """
    リンドクヴィスト・ミラ様

    このたびはご予約をいただき、誠にありがとうございます。

      お部屋　　灯台の見える角部屋「千鳥」
      ご宿泊　　二泊（朝夕のお食事付き）
      お風呂　　露天風呂は朝五時から

    夜は灯台の光が十五秒ごとに障子を横切ります。まぶしいとおっしゃる
    お客様もいらっしゃいますが、リンドクヴィスト様にはお喜びいただける
    かと存じます。

    お待ちしております。
    女将　潮田
    """,
    flags=UNREAD,
)
_lens = Letter(
    "lens-quote",
    WEITING,
    on(1, "03:40"),
    "透鏡報價與交貨時間",
    """
    Mira 您好：

    附上第四階菲涅耳透鏡的報價。玻璃已經到廠，研磨大約需要五週。

    另外，上次您問的舊燈塔明信片，我父親在阿里山的書店裡找到了六張，
    會和樣品一起寄給您，不收費。

    祝　順心

    薇婷
    海港光學有限公司，高雄
    """,
    charset="big5",
    flags=frozenset({SEEN}),
)
_tea = Letter(
    "tea-house",
    Person("云雾茶社", "cha@yunwu.example", zone=8),
    on(6, "04:05"),
    "春茶到了，附上冲泡建议",
    """
    米拉，你好！

    今年的龙井雨水足，叶子比去年厚一些。建议水温八十度，不要盖盖子，
    第二泡最好喝。

    你寄来的云莓果酱大家都很喜欢，老板说可以配绿茶，老板娘说不可以。
    """,
    charset="gb18030",
    mailbox=ARCHIVE,
)
_busan = Letter(
    "busan-talk",
    Person("김서연", "seoyeon.kim@busanharbour.example", zone=9),
    on(2, "04:22"),
    "부산 항만 기술 세미나에 초대합니다",
    """
    미라 린드크비스트 님께

    안녕하세요, 부산항 기술 세미나를 준비하고 있는 김서연입니다.

    올해 주제는 "빛과 안개"입니다. 작년에 쓰신 등대 제어기 글을 저희 팀이
    모두 읽었고, 그중 세 명은 실제로 만들어 보았습니다. 한 대는 아직도
    깜빡입니다.

    40분 정도 발표해 주실 수 있을까요? 끝나고 국제시장에서 씨앗호떡을
    사 드리겠습니다.

    김서연 드림
    """,
    charset="euc-kr",
    flags=frozenset({SEEN, FLAGGED}),
)
_cairo = Letter(
    "alexandria",
    Person("د. ياسمين فاروق", "y.farouk@pharos.example", zone=3),
    on(3, "10:50"),
    "عن منارة الإسكندرية القديمة",
    """
    عزيزتي ميرا،

    وجدنا في أرشيف المكتبة رسمًا للمنارة لم يُنشر من قبل، رسمه بحّار من
    البندقية سنة 1320، قبل الزلزال الأخير بثلاث سنوات. الطابق الثاني
    مثمّن كما كنا نظن، ولكن فيه شرفة!

    هل يمكن أن تحسبي لنا مدى الضوء إذا كانت المرآة من البرونز؟ أعددت لك
    فنجان قهوة وكرسيًا أمام البحر.

    مع خالص التحية
    ياسمين
    """,
)
_haifa = Letter(
    "haifa",
    Person("תמר לוי", "tamar@levi.example", zone=3),
    on(5, "18:33"),
    "הספר שהבטחתי לך",
    """
    מירה היקרה,

    שלחתי היום בדואר את הספר על המגדלורים של הים התיכון. בעמוד 112 יש
    תמונה של סבא שלי, זה שמחזיק את הסולם ומחייך.

    כשתגיעי לחיפה, נעלה יחד לסטלה מאריס בשקיעה.

    באהבה,
    תמר
    """,
    charset="iso-8859-8",
)
_samovar = Letter(
    "samovar",
    Person("Лидия Соколова", "lidia@sokolova.example", zone=3),
    on(4, "11:27"),
    "Перевод готов, и ещё одно слово",
    """
    Дорогая Мира!

    Перевод вашей статьи готов, отправляю сегодня вечером. Одно слово я
    не смогла перевести: «fyrvaktare». Смотритель маяка звучит сухо, как
    должность. Я написала «тот, кто не спит, чтобы спали другие». Если
    длинно, сократите, но мне будет жаль.

    Самовар починили. Приезжайте.

    Ваша Лидия Аркадьевна
    """,
    charset="windows-1251",
)
_naxos = Letter(
    "naxos",
    Person("Ελένη Μαυρομάτη", "eleni@portaranaxos.example", zone=3),
    on(7, "12:14"),
    "Το σπίτι στη Νάξο είναι ελεύθερο",
    """
    Αγαπητή Μίρα,

    το σπίτι με τα μπλε παράθυρα είναι ελεύθερο την εβδομάδα που ζητήσατε.
    Η λεμονιά έχει φορτώσει, ο γάτος λέγεται Οδυσσέας και γυρίζει πάντα
    αργά.

    Το κλειδί είναι κάτω από την τρίτη γλάστρα. Όλοι το ξέρουν, κανείς δεν
    το παίρνει.

    Ελένη
    """,
    charset="iso-8859-7",
    mailbox=ARCHIVE,
)
_wedding = Letter(
    "wedding",
    Person("अनन्या शर्मा", "ananya@sharma.example", zone=5.5),
    on(2, "07:36"),
    "शादी का निमंत्रण 💐",
    """
    प्रिय मीरा,

    आख़िरकार तारीख़ तय हो गई! शादी जयपुर में होगी, और तुम्हें आना ही है।
    माँ ने तुम्हारे लिए पहले से ही गुलाबी साड़ी चुन ली है और दादी पूछ रही हैं
    कि क्या स्वीडन में लोग सचमुच मछली को सड़ाकर खाते हैं।

    मैंने कहा, मीरा से ख़ुद पूछ लेना।

    ढेर सारा प्यार,
    अनन्या
    """,
    flags=UNREAD,
)
_chiangmai = Letter(
    "cooking-class",
    Person("ครัวคุณมะลิ", "mali@khruamali.example", zone=7),
    on(3, "05:02"),
    "สูตรข้าวซอยที่สัญญาไว้",
    """
    สวัสดีค่ะคุณมิร่า

    ส่งสูตรข้าวซอยมาให้ตามสัญญาค่ะ เคล็ดลับคือผัดพริกแกงกับหัวกะทิ
    จนแตกมัน แล้วค่อยใส่น้ำซุป ถ้าหาผักกาดดองไม่ได้ ใช้แตงกวาดองของสวีเดน
    ก็อร่อยดี แต่อย่าบอกคุณยาย

    คิดถึงนะคะ
    มะลิ
    """,
    charset="tis-620",
)
_poem = Letter(
    "zurich",
    Person("Jürg Zürcher-Müßli", "juerg@zuercher.example"),
    on(5, "13:13"),
    "Grüezi! Die Kuckucksuhr ist repariert",
    """
    Liebe Mira,

    die Uhr deiner Großtante läuft wieder. Es war nicht das Werk, sondern
    der Kuckuck: Er hatte sich verschluckt, vermutlich 1974. Ich habe ihm
    eine neue Feder gegeben und ihn auf leise gestellt, so gut das bei einem
    Kuckuck geht.

    Abholen kannst du sie jederzeit, am besten zur vollen Stunde.

    Herzlich
    Jürg
    """,
    charset="iso-8859-1",
    flags=frozenset({SEEN}),
)

LETTERS = (
    *(_ryokan, _lens, _tea, _busan, _cairo, _haifa, _samovar, _naxos, _wedding),
    *(_chiangmai, _poem),
)
