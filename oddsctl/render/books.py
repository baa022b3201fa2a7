"""What bookmakers are called among people. A table; no rich."""

from __future__ import annotations

TITLES = {
    "ballybet": "Bally Bet",
    "bet365_au": "bet365",
    "betanysports": "BetAnySports",
    "betfair_ex_au": "Betfair",
    "betfair_ex_eu": "Betfair",
    "betfair_ex_uk": "Betfair",
    "betmgm": "BetMGM",
    "betonlineag": "BetOnline",
    "betopenly": "BetOpenly",
    "betparx": "betPARX",
    "betrivers": "BetRivers",
    "betus": "BetUS",
    "bovada": "Bovada",
    "coral": "Coral",
    "draftkings": "DraftKings",
    "espnbet": "ESPN BET",
    "fanatics": "Fanatics",
    "fanduel": "FanDuel",
    "fliff": "Fliff",
    "hardrockbet": "Hard Rock",
    "kalshi": "Kalshi",
    "ladbrokes_au": "Ladbrokes",
    "ladbrokes_uk": "Ladbrokes",
    "lowvig": "LowVig",
    "matchbook": "Matchbook",
    "mybookieag": "MyBookie",
    "neds": "Neds",
    "novig": "Novig",
    "onexbet": "1xBet",
    "paddypower": "Paddy Power",
    "pinnacle": "Pinnacle",
    "pointsbetau": "PointsBet",
    "polymarket": "Polymarket",
    "prophetx": "ProphetX",
    "rebet": "ReBet",
    "skybet": "Sky Bet",
    "smarkets": "Smarkets",
    "sportsbet": "Sportsbet",
    "tab": "TAB",
    "unibet": "Unibet",
    "williamhill": "William Hill",
    "williamhill_us": "Caesars",
}


def title(key: str) -> str:
    """The bookmaker's name, short; a key nobody named (`espn:DraftKings` too) as it is."""
    return TITLES.get(key, key)
