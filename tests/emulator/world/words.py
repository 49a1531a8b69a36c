"""The vocabulary the seeded world speaks, with awkward scripts on purpose."""

FIRST_NAMES = (
    "Ana",
    "Björn",
    "Chloé",
    "Dmitri",
    "Eilidh",
    "Farid",
    "Giulia",
    "Håkon",
    "Ines",
    "Jonas",
    "Kwame",
    "Léa",
    "Mónica",
    "Nadia",
    "Oluwaseun",
    "Priya",
    "Quentin",
    "Rosa",
    "Siobhán",
    "Tomasz",
    "Uma",
    "Väinö",
    "Wei",
    "Ximena",
    "Yūki",
    "Zoë",
    "Sam",
    "Robin",
    "Noor",
    "Lena",
)
LAST_NAMES = (
    "Almeida",
    "Brandt",
    "Çelik",
    "Dufour",
    "Eriksson",
    "Fernández",
    "García",
    "Haddad",
    "Ivanova",
    "Jørgensen",
    "Kovač",
    "Lindqvist",
    "Müller",
    "Núñez",
    "O'Brien",
    "Petrov",
    "Quinn",
    "Rossi",
    "Szabó",
    "Tanaka",
    "Udell",
    "Vargas",
    "Weiß",
    "Xu",
    "Y\u0131lmaz",
    "Zhang",
)
TITLES = (
    "Account Executive",
    "Sales Development Representative",
    "Customer Success Manager",
    "Solutions Engineer",
    "Regional Director",
    "VP Sales",
    "Enablement Lead",
)
BUYER_TITLES = (
    "Head of Operations",
    "CFO",
    "Procurement Manager",
    "IT Director",
    "Analyst",
    "Founder",
)
COMPANIES = (
    "Northwind Foods",
    "Århus Logistik",
    "Contoso Ltd",
    "Ébène & Fils",
    "Globex",
    "Initech",
    "Kōyō Systems",
    "Litware",
    "München Motoren",
    "Oceanic Freight",
    "Piñata Labs",
    "Quartz Health",
    "Redwood Paper",
    "Stark & Co",
    "Tailspin Toys",
    "Umbra Energy",
    "Vandelay Imports",
    "Wingtip Media",
    "Xylo Music",
    "Zenith Bank",
)
CALL_KINDS = (
    "Discovery",
    "Demo",
    "Pricing review",
    "Weekly sync",
    "Kick-off",
    "Renewal",
    "Technical deep dive",
    "QBR",
    "Security review",
    "Follow-up",
)
TOPICS = (
    "Small Talk",
    "Call Setup",
    "Pricing",
    "Objections",
    "Next Steps",
    "Product Demo",
    "Competition",
    "Security",
    "Wrap-up",
    "Implementation",
    "Legal",
)
STRUCTURE = ("Introduction", "Agenda", "Discovery", "Demo", "Pricing", "Closing")
UNICODE_TITLE = "Übersicht: 価格の見直し — naïve café 🚀👩🏽‍💻 Ωμέγα"
RTL_TITLE = "שיחת היכרות עם Globex — مراجعة العقد"
RTL_NAME = "עומר בן-דוד"
EMOJI_NAME = "Zoë 🦊 O'Brien"
RTL_SENTENCES = (
    "שלום לכולם, נתחיל בעוד רגע.",
    "هل يمكنكم سماعي الآن؟",
    "The price is ‏120 ₪‎ per seat, right?",
)
UNICODE_SENTENCES = (
    "価格はいくらですか\uff1f 😅",
    "Ça marche, on se rappelle jeudi à 15 h — d'accord ?",
    "Das Angebot läuft bis zum 31.\u00a0März \u2013 größere Teams zahlen weniger.",
    "Zero\u200bwidth and e\u0301 combining marks 👨‍👩‍👧‍👦.",
)
OPENERS = (
    "So",
    "Right",
    "Well",
    "Okay",
    "Honestly",
    "Look",
    "I think",
    "To be fair",
    "Yeah",
    "From our side",
    "Just to confirm",
    "As I said",
    "What I hear is that",
    "Sorry,",
)
SUBJECTS = (
    "the rollout",
    "your team",
    "our finance group",
    "the pilot",
    "procurement",
    "the new plan",
    "the integration",
    "the dashboard",
    "everyone in the region",
    "the renewal",
    "that number",
)
VERBS = (
    "needs",
    "would like",
    "already has",
    "is waiting for",
    "depends on",
    "will not change",
    "should cover",
    "replaces",
    "came in under",
    "keeps asking about",
    "signed off on",
)
OBJECTS = (
    "a lower price per seat",
    "the security review",
    "two more weeks",
    "the budget for Q3",
    "single sign-on",
    "a clear next step",
    "the old spreadsheet",
    "a contact in legal",
    "thirty extra licences",
    "an export every night",
    "the other vendor",
    "more training",
)
TAILS = (".", ".", ".", "?", ", you know.", ", does that make sense?", " before the end of May.")
KEYWORDS = {
    "Budget": ("budget", "funds", "cost centre", "have budget"),
    "Competitors": ("Chorus", "the other vendor", "incumbent"),
    "Decision process": ("sign off", "procurement", "board approval"),
    "Pricing": ("discount", "per seat", "price", "list price"),
    "Next steps": ("follow up", "next week", "send over"),
    "Risk": ("delay", "not a priority", "freeze"),
    "Integrations": ("single sign-on", "API", "export"),
}
SMART_TRACKERS = ("Customer frustration", "Objection: timing", "Champion signal")
AI_OUTCOMES = (
    ("MEETING_BOOKED", "Answered", "Meeting booked"),
    ("FOLLOW_UP", "Answered", "Follow up"),
    ("LEFT_VOICEMAIL", "Not answered", "Left voicemail"),
)
TABLES = (
    "app_user_management.user_data_capture_settings",
    "licensing.user_products",
    "permissions.permission",
    "permissions.permission_profile",
    "public.appuser",
)
DEVICES = ("Desktop", "iOS", "Android", "Tablet")
INDUSTRIES = ("Logistics", "Banking", "Retail", "Energy", "Health", "Media")
STAGES = ("Discovery", "Proposal", "Negotiation", "Closed Won", "Closed Lost")
