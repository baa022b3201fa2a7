"""The bookmakers of The Odds API by key, and what they are called among people.

A table; its list is never whole (FACTS 1.7).
"""

from __future__ import annotations

# fmt: off
TITLES = {
    # us
    "betmgm": "BetMGM", "betonlineag": "BetOnline", "betrivers": "BetRivers", "betus": "BetUS",
    "bovada": "Bovada",
    "draftkings": "DraftKings", "fanatics": "Fanatics", "fanduel": "FanDuel", "lowvig": "LowVig",
    "mybookieag": "MyBookie",
    "williamhill_us": "Caesars",
    # us2
    "ballybet": "Bally Bet", "betanysports": "BetAnySports", "betparx": "betPARX", "espnbet": "ESPN BET",
    "fliff": "Fliff",
    "hardrockbet": "Hard Rock", "hardrockbet_az": "Hard Rock AZ", "hardrockbet_fl": "Hard Rock FL",
    "hardrockbet_oh": "Hard Rock OH",
    "rebet": "ReBet",
    # us_dfs
    "betr_us_dfs": "Betr Picks", "pick6": "Pick6", "prizepicks": "PrizePicks", "underdog": "Underdog",
    # us_ex
    "betopenly": "BetOpenly", "kalshi": "Kalshi", "novig": "Novig", "polymarket": "Polymarket",
    "prophetx": "ProphetX",
    # uk
    "betfair_ex_uk": "Betfair", "betfair_sb_uk": "Betfair SB", "betvictor": "Bet Victor", "betway": "Betway",
    "boylesports": "BoyleSports", "casumo": "Casumo", "coral": "Coral", "grosvenor": "Grosvenor",
    "ladbrokes_uk": "Ladbrokes",
    "leovegas": "LeoVegas", "livescorebet": "LiveScore", "paddypower": "Paddy Power", "skybet": "Sky Bet",
    "smarkets": "Smarkets",
    "sport888": "888sport", "unibet_uk": "Unibet UK", "virginbet": "Virgin Bet",
    # eu, fr, se
    "atg_se": "ATG", "betclic_fr": "Betclic", "betfair_ex_eu": "Betfair", "betsson": "Betsson",
    "codere_it": "Codere",
    "coolbet": "Coolbet", "everygame": "Everygame", "gtbets": "GTbets", "leovegas_se": "LeoVegas SE",
    "livescorebet_eu": "LiveScore EU", "marathonbet": "Marathonbet", "matchbook": "Matchbook",
    "mrgreen_se": "Mr Green",
    "nordicbet": "NordicBet", "onexbet": "1xBet", "parionssport_fr": "Parions Sport",
    "pinnacle": "Pinnacle", "pmu_fr": "PMU",
    "suprabets": "Suprabets", "svenskaspel_se": "Svenska Spel", "tipico_de": "Tipico",
    "unibet_eu": "Unibet EU",
    "unibet_fr": "Unibet FR", "unibet_it": "Unibet IT", "unibet_nl": "Unibet NL", "unibet_se": "Unibet SE",
    "williamhill": "William Hill", "winamax_de": "Winamax DE", "winamax_fr": "Winamax FR",
    # au
    "bet365_au": "bet365", "betfair_ex_au": "Betfair", "betr_au": "Betr", "betright": "BetRight",
    "boombet": "BoomBet",
    "dabble_au": "Dabble", "ladbrokes_au": "Ladbrokes", "neds": "Neds", "playup": "PlayUp",
    "pointsbetau": "PointsBet",
    "sportsbet": "Sportsbet", "tab": "TAB", "tabtouch": "TABtouch", "unibet": "Unibet",
    # of earlier years, still in recordings
    "barstool": "Barstool", "betfair": "Betfair", "circasports": "Circa", "foxbet": "FOX Bet",
    "intertops": "Intertops", "pointsbetus": "PointsBet US", "sugarhouse": "SugarHouse",
    "superbook": "SuperBook",
    "twinspires": "TwinSpires", "unibet_us": "Unibet US", "windcreek": "Wind Creek", "wynnbet": "WynnBET",
}
# fmt: on


def title(key: str) -> str:
    """The bookmaker's name, short; a key nobody named (`espn:DraftKings` too) as it is."""
    return TITLES.get(key, key)


# fmt: off
REGION_BOOKS = {
    "us": frozenset((
            "betonlineag", "betmgm", "betrivers", "betus", "bovada", "williamhill_us", "draftkings",
            "fanatics",
            "fanduel", "lowvig", "mybookieag",
    )),
    "us2": frozenset((
            "ballybet", "betanysports", "betparx", "espnbet", "fliff", "hardrockbet", "hardrockbet_az",
            "hardrockbet_fl", "hardrockbet_oh", "rebet",
    )),
    "us_dfs": frozenset((
            "betr_us_dfs", "pick6", "prizepicks", "underdog",
    )),
    "us_ex": frozenset((
            "betopenly", "kalshi", "novig", "polymarket", "prophetx",
    )),
}
# fmt: on
"""The books of regions, as far as they are published (FACTS 1.7).

A guess where a book is to be found; books come, go and move.
"""
