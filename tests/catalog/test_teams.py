"""Team names: one spelling per team, never one for two, and a likeness that parts rivals."""

from __future__ import annotations

import csv
import json
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.catalog import teams
from oddsctl.catalog.spelling import plain
from oddsctl.catalog.sports import SPORTS
from oddsctl.catalog.teams import ALIKE, canonical, similarity
from oddsctl.domain.models import Sport

SHARED = Path(__file__).parents[2] / ".." / "shared" / "payloads"

LEAGUES = {
    "nfl": """Arizona Cardinals|Atlanta Falcons|Baltimore Ravens|Buffalo Bills|Carolina Panthers|
        Chicago Bears|Cincinnati Bengals|
        Cleveland Browns|Dallas Cowboys|Denver Broncos|Detroit Lions|Green Bay Packers|Houston Texans|
        Indianapolis Colts|
        Jacksonville Jaguars|Kansas City Chiefs|Las Vegas Raiders|Los Angeles Chargers|Los Angeles Rams|
        Miami Dolphins|
        Minnesota Vikings|New England Patriots|New Orleans Saints|New York Giants|New York Jets|
        Philadelphia Eagles|
        Pittsburgh Steelers|San Francisco 49ers|Seattle Seahawks|Tampa Bay Buccaneers|Tennessee Titans|
        Washington Commanders""",
    "nba": """Atlanta Hawks|Boston Celtics|Brooklyn Nets|Charlotte Hornets|Chicago Bulls|Cleveland Cavaliers|
        Dallas Mavericks|
        Denver Nuggets|Detroit Pistons|Golden State Warriors|Houston Rockets|Indiana Pacers|LA Clippers|
        Los Angeles Lakers|
        Memphis Grizzlies|Miami Heat|Milwaukee Bucks|Minnesota Timberwolves|New Orleans Pelicans|
        New York Knicks|
        Oklahoma City Thunder|Orlando Magic|Philadelphia 76ers|Phoenix Suns|Portland Trail Blazers|
        Sacramento Kings|
        San Antonio Spurs|Toronto Raptors|Utah Jazz|Washington Wizards""",
    "wnba": """Atlanta Dream|Chicago Sky|Connecticut Sun|Dallas Wings|Golden State Valkyries|Indiana Fever|
        Las Vegas Aces|
        Los Angeles Sparks|Minnesota Lynx|New York Liberty|Phoenix Mercury|Portland Fire|Seattle Storm|
        Toronto Tempo|
        Washington Mystics""",
    "mlb": """Arizona Diamondbacks|Athletics|Atlanta Braves|Baltimore Orioles|Boston Red Sox|Chicago Cubs|
        Chicago White Sox|
        Cincinnati Reds|Cleveland Guardians|Colorado Rockies|Detroit Tigers|Houston Astros|
        Kansas City Royals|Los Angeles Angels|
        Los Angeles Dodgers|Miami Marlins|Milwaukee Brewers|Minnesota Twins|New York Mets|New York Yankees|
        Philadelphia Phillies|
        Pittsburgh Pirates|San Diego Padres|San Francisco Giants|Seattle Mariners|St. Louis Cardinals|
        Tampa Bay Rays|
        Texas Rangers|Toronto Blue Jays|Washington Nationals""",
    "nhl": """Anaheim Ducks|Boston Bruins|Buffalo Sabres|Calgary Flames|Carolina Hurricanes|
        Chicago Blackhawks|
        Colorado Avalanche|Columbus Blue Jackets|Dallas Stars|Detroit Red Wings|Edmonton Oilers|
        Florida Panthers|
        Los Angeles Kings|Minnesota Wild|Montreal Canadiens|Nashville Predators|New Jersey Devils|
        New York Islanders|
        New York Rangers|Ottawa Senators|Philadelphia Flyers|Pittsburgh Penguins|San Jose Sharks|
        Seattle Kraken|St. Louis Blues|
        Tampa Bay Lightning|Toronto Maple Leafs|Utah Mammoth|Vancouver Canucks|Vegas Golden Knights|
        Washington Capitals|
        Winnipeg Jets""",
    "mls": """Atlanta United FC|Austin FC|CF Montréal|Charlotte FC|Chicago Fire FC|Colorado Rapids|
        Columbus Crew|D.C. United|
        FC Cincinnati|FC Dallas|Houston Dynamo FC|Inter Miami CF|LA Galaxy|LAFC|Minnesota United FC|
        Nashville SC|
        New England Revolution|New York City FC|Red Bull New York|Orlando City SC|Philadelphia Union|
        Portland Timbers|
        Real Salt Lake|San Diego FC|San Jose Earthquakes|Seattle Sounders FC|Sporting Kansas City|
        St. Louis CITY SC|Toronto FC|
        Vancouver Whitecaps""",
    "epl": """AFC Bournemouth|Arsenal|Aston Villa|Brentford|Brighton & Hove Albion|Burnley|Chelsea|
        Coventry City|Crystal Palace|
        Everton|Fulham|Hull City|Ipswich Town|Leeds United|Leicester City|Liverpool|Manchester City|
        Manchester United|
        Newcastle United|Nottingham Forest|Southampton|Sunderland|Tottenham Hotspur|West Ham United|
        Wolverhampton Wanderers""",
    "laliga": """Alavés|Athletic Club|Atlético Madrid|Barcelona|Celta Vigo|Elche|Espanyol|Getafe|Girona|
        Las Palmas|Leganés|Levante|
        Mallorca|Osasuna|Rayo Vallecano|Real Betis|Real Madrid|Real Oviedo|Real Sociedad|Real Valladolid|
        Sevilla|Valencia|
        Villarreal""",
    "bundesliga": """1. FC Heidenheim 1846|1. FC Union Berlin|Bayer Leverkusen|Bayern Munich|
        Borussia Dortmund|
        Borussia Mönchengladbach|Eintracht Frankfurt|FC Augsburg|FC Cologne|Hamburg SV|Mainz|RB Leipzig|
        SC Freiburg|Schalke 04|
        St. Pauli|TSG Hoffenheim|VfB Stuttgart|VfL Bochum|VfL Wolfsburg|Werder Bremen""",
    "seriea": """AC Milan|AS Roma|Atalanta|Bologna|Cagliari|Como|Cremonese|Empoli|Fiorentina|Genoa|
        Hellas Verona|Internazionale|
        Juventus|Lazio|Lecce|Monza|Napoli|Parma|Pisa|Sassuolo|Torino|Udinese|Venezia""",
    "ligue1": """AJ Auxerre|AS Monaco|Angers|Brest|Le Havre AC|Lens|Lille|Lorient|Lyon|Marseille|Metz|
        Montpellier|Nantes|Nice|Paris FC|
        Paris Saint-Germain|Saint-Étienne|Stade Rennais|Stade de Reims|Strasbourg|Toulouse""",
    "ucl": """Ajax Amsterdam|Arsenal|AS Monaco|Atalanta|Athletic Club|Atlético Madrid|Barcelona|
        Bayer Leverkusen|Bayern Munich|
        Benfica|Bodo/Glimt|Borussia Dortmund|Celtic|Chelsea|Club Brugge|Eintracht Frankfurt|F.C. København|
        Galatasaray|
        Internazionale|AC Milan|Juventus|Kairat Almaty|Liverpool|Manchester City|Manchester United|Marseille|
        Napoli|Newcastle United|
        Olympiacos|Pafos|Paris Saint-Germain|PSV Eindhoven|FC Porto|Qarabag|Real Madrid|Red Star Belgrade|
        Slavia Prague|
        Sparta Prague|Sporting CP|Tottenham Hotspur|Union St.-Gilloise|Villarreal|Round of 16 1 Winner|
        Round of 16 2 Winner|
        Quarterfinal 1 Winner|Quarterfinal 2 Winner""",
    "ncaaf": """Air Force Falcons|Akron Zips|Alabama Crimson Tide|App State Mountaineers|Arizona Wildcats|
        Arizona State Sun Devils|
        Arkansas Razorbacks|Arkansas State Red Wolves|Army Black Knights|Auburn Tigers|Ball State Cardinals|
        Baylor Bears|
        Boise State Broncos|Boston College Eagles|Bowling Green Falcons|Buffalo Bulls|BYU Cougars|
        California Golden Bears|
        Central Michigan Chippewas|Charlotte 49ers|Cincinnati Bearcats|Clemson Tigers|
        Coastal Carolina Chanticleers|
        Colorado Buffaloes|Colorado State Rams|Delaware Blue Hens|Duke Blue Devils|East Carolina Pirates|
        Eastern Michigan Eagles|
        Florida Gators|Florida Atlantic Owls|Florida International Panthers|Florida State Seminoles|
        Fresno State Bulldogs|
        Georgia Bulldogs|Georgia Southern Eagles|Georgia State Panthers|Georgia Tech Yellow Jackets|
        Hawai'i Rainbow Warriors|
        Houston Cougars|Illinois Fighting Illini|Indiana Hoosiers|Iowa Hawkeyes|Iowa State Cyclones|
        Jacksonville State Gamecocks|
        James Madison Dukes|Kansas Jayhawks|Kansas State Wildcats|Kennesaw State Owls|
        Kent State Golden Flashes|Kentucky Wildcats|
        Liberty Flames|Louisiana Ragin' Cajuns|Louisiana Tech Bulldogs|Louisville Cardinals|LSU Tigers|
        Marshall Thundering Herd|
        Maryland Terrapins|Massachusetts Minutemen|Memphis Tigers|Miami Hurricanes|Miami (OH) RedHawks|
        Michigan Wolverines|
        Michigan State Spartans|Middle Tennessee Blue Raiders|Minnesota Golden Gophers|
        Mississippi State Bulldogs|
        Missouri State Bears|Missouri Tigers|Navy Midshipmen|NC State Wolfpack|Nebraska Cornhuskers|
        Nevada Wolf Pack|New Mexico Lobos|
        New Mexico State Aggies|North Carolina Tar Heels|North Dakota State Bison|North Texas Mean Green|
        Northern Illinois Huskies|
        Northwestern Wildcats|Notre Dame Fighting Irish|Ohio Bobcats|Ohio State Buckeyes|Oklahoma Sooners|
        Oklahoma State Cowboys|
        Old Dominion Monarchs|Ole Miss Rebels|Oregon Ducks|Oregon State Beavers|Penn State Nittany Lions|
        Pittsburgh Panthers|
        Purdue Boilermakers|Rice Owls|Rutgers Scarlet Knights|Sacramento State Hornets|Sam Houston Bearkats|
        San Diego State Aztecs|
        San José State Spartans|SMU Mustangs|South Alabama Jaguars|South Carolina Gamecocks|
        South Florida Bulls|
        Southern Miss Golden Eagles|Stanford Cardinal|Syracuse Orange|TCU Horned Frogs|Temple Owls|
        Tennessee Volunteers|
        Texas Longhorns|Texas A&M Aggies|Texas State Bobcats|Texas Tech Red Raiders|Toledo Rockets|
        Troy Trojans|Tulane Green Wave|
        Tulsa Golden Hurricane|UAB Blazers|UCF Knights|UCLA Bruins|UConn Huskies|UL Monroe Warhawks|
        UNLV Rebels|USC Trojans|Utah Utes|
        Utah State Aggies|UTEP Miners|UTSA Roadrunners|Vanderbilt Commodores|Virginia Cavaliers|
        Virginia Tech Hokies|
        Wake Forest Demon Deacons|Washington Huskies|Washington State Cougars|West Virginia Mountaineers|
        Western Kentucky Hilltoppers|Western Michigan Broncos|Wisconsin Badgers|Wyoming Cowboys|
        Alabama State Hornets|
        Eastern Washington Eagles|North Carolina A&T Aggies|North Carolina Central Eagles|
        South Carolina State Bulldogs|
        South Dakota State Jackrabbits|Southern Jaguars|Tennessee State Tigers|
        Tennessee Tech Golden Eagles""",
    "ncaab": """Boston College Eagles|Boston University Terriers|Loyola Chicago Ramblers|
        Loyola Maryland Greyhounds|
        Loyola Marymount Lions|Miami Hurricanes|Miami (OH) RedHawks|Michigan State Spartans|
        Mississippi Valley State Delta Devils|
        Mount St. Mary's Mountaineers|Saint Francis Red Flash|Saint Joseph's Hawks|Saint Louis Billikens|
        Saint Mary's Gaels|
        Saint Peter's Peacocks|South Carolina Upstate Spartans|St. Bonaventure Bonnies|St. John's Red Storm|
        St. Thomas-Minnesota Tommies|Texas A&M-Corpus Christi Islanders|UNC Asheville Bulldogs|
        UNC Greensboro Spartans|
        UNC Wilmington Seahawks|USC Trojans""",
}
TEAMS = {sport: [name.strip() for name in names.split("|")] for sport, names in LEAGUES.items()}

SAME = [
    ("nfl", "Washington", "Washington Commanders"),
    ("nba", "Los Angeles Clippers", "LA Clippers"),
    ("mlb", "Oakland Athletics", "Athletics"),
    ("mlb", "St Louis Cardinals", "St. Louis Cardinals"),
    ("nhl", "Montréal Canadiens", "Montreal Canadiens"),
    ("nhl", "Utah Hockey Club", "Utah Mammoth"),
    ("nhl", "St Louis Blues", "St. Louis Blues"),
    ("epl", "Brighton and Hove Albion", "Brighton & Hove Albion"),
    ("epl", "Bournemouth", "AFC Bournemouth"),
    ("epl", "Wolves", "Wolverhampton Wanderers"),
    ("laliga", "Athletic Bilbao", "Athletic Club"),
    ("laliga", "Atletico Madrid", "Atlético Madrid"),
    ("laliga", "CA Osasuna", "Osasuna"),
    ("laliga", "Deportivo Alavés", "Alaves"),
    ("laliga", "Oviedo", "Real Oviedo"),
    ("laliga", "Elche CF", "Elche"),
    ("bundesliga", "1. FC Köln", "FC Cologne"),
    ("bundesliga", "FC Bayern München", "Bayern Munich"),
    ("bundesliga", "Borussia Monchengladbach", "Borussia Mönchengladbach"),
    ("bundesliga", "FSV Mainz 05", "Mainz"),
    ("bundesliga", "1. FC Heidenheim", "1. FC Heidenheim 1846"),
    ("bundesliga", "Hamburger SV", "Hamburg SV"),
    ("bundesliga", "FC St. Pauli", "St. Pauli"),
    ("bundesliga", "Union Berlin", "1. FC Union Berlin"),
    ("bundesliga", "Augsburg", "FC Augsburg"),
    ("seriea", "Inter Milan", "Internazionale"),
    ("seriea", "Atalanta BC", "Atalanta"),
    ("seriea", "Verona", "Hellas Verona"),
    ("seriea", "Roma", "AS Roma"),
    ("ligue1", "Paris Saint Germain", "Paris Saint-Germain"),
    ("ligue1", "Rennes", "Stade Rennais"),
    ("ligue1", "RC Lens", "Lens"),
    ("ligue1", "AS Monaco", "Monaco"),
    ("mls", "Los Angeles FC", "LAFC"),
    ("mls", "CF Montreal", "CF Montréal"),
    ("mls", "Inter Miami CF", "Inter Miami"),
    ("mls", "DC United", "D.C. United"),
    ("mls", "New York Red Bulls", "Red Bull New York"),
    ("mls", "Saint Louis City SC", "St. Louis CITY SC"),
    ("mls", "Vancouver Whitecaps FC", "Vancouver Whitecaps"),
    ("ucl", "Sporting Lisbon", "Sporting CP"),
    ("ucl", "Bodø/Glimt", "Bodo/Glimt"),
    ("ucl", "Qarabağ FK", "Qarabag"),
    ("ucl", "Slavia Praha", "Slavia Prague"),
    ("ucl", "Olympiakos Piraeus", "Olympiacos"),
    ("ucl", "Union Saint-Gilloise", "Union St.-Gilloise"),
    ("ucl", "FC Copenhagen", "F.C. København"),
    ("ucl", "PSV", "PSV Eindhoven"),
    ("ncaaf", "Hawaii Rainbow Warriors", "Hawai'i Rainbow Warriors"),
    ("ncaaf", "San Jose State Spartans", "San José State Spartans"),
    ("ncaaf", "Appalachian State Mountaineers", "App State Mountaineers"),
    ("ncaaf", "UMass Minutemen", "Massachusetts Minutemen"),
    ("ncaaf", "Southern Mississippi Golden Eagles", "Southern Miss Golden Eagles"),
    ("ncaaf", "Sam Houston State Bearkats", "Sam Houston Bearkats"),
    ("ncaaf", "ULM Warhawks", "UL Monroe Warhawks"),
    ("ncaaf", "FIU Panthers", "Florida International Panthers"),
    ("ncaaf", "Louisiana Ragin Cajuns", "Louisiana Ragin' Cajuns"),
    ("ncaaf", "Connecticut Huskies", "UConn Huskies"),
    ("ncaab", "Michigan St Spartans", "Michigan State Spartans"),
    ("ncaab", "St. Mary's Gaels", "Saint Mary's Gaels"),
    ("ncaab", "Mt. St. Mary's Mountaineers", "Mount St. Mary's Mountaineers"),
    ("ncaab", "Miss Valley St Delta Devils", "Mississippi Valley State Delta Devils"),
    ("ncaab", "Loyola (Chi) Ramblers", "Loyola Chicago Ramblers"),
]


@pytest.mark.parametrize(("sport", "theirs", "espn"), SAME)
def test_two_providers_spellings_of_one_team_are_one(sport: str, theirs: str, espn: str) -> None:
    assert canonical(sport, theirs) == canonical(sport, espn)
    assert similarity(sport, theirs, espn) == 100


@pytest.mark.parametrize("sport", sorted(TEAMS))
def test_no_two_teams_of_a_league_share_a_spelling(sport: str) -> None:
    assert len({canonical(sport, name) for name in TEAMS[sport]}) == len(TEAMS[sport])


@pytest.mark.parametrize("sport", sorted(TEAMS))
def test_no_two_teams_of_a_league_are_alike(sport: str) -> None:
    too_alike = [
        (one, other) for one, other in combinations(TEAMS[sport], 2) if similarity(sport, one, other) >= ALIKE
    ]
    assert too_alike == []


@pytest.mark.parametrize(
    ("sport", "typed", "espn"),
    [
        ("mlb", "Philadelphia Philies", "Philadelphia Phillies"),
        ("epl", "Totenham Hotspur", "Tottenham Hotspur"),
        ("ncaab", "Saint Bonaventure Bonies", "St. Bonaventure Bonnies"),
        ("ucl", "Galatasarai", "Galatasaray"),
    ],
)
def test_a_slip_of_the_pen_is_still_alike(sport: str, typed: str, espn: str) -> None:
    assert ALIKE <= similarity(sport, typed, espn) < 100


def test_the_words_that_tell_rivals_apart_outweigh_those_they_share() -> None:
    assert similarity("epl", "Manchester City", "Manchester United") < 50
    assert similarity("ncaaf", "Eastern Michigan Eagles", "Eastern Washington Eagles") < 70


def test_club_words_are_dropped_in_soccer_only() -> None:
    assert canonical("epl", "AFC Bournemouth") == "bournemouth"
    assert canonical("nfl", "AFC All-Stars") == "afc all stars"


def test_a_name_of_nothing_but_club_words_is_kept() -> None:
    assert canonical("mls", "FC") == "fc"


def test_a_sport_of_the_users_own_is_spelt_plainly() -> None:
    assert canonical("cricket", "Chennai Super Kings") == "chennai super kings"


@given(sport=st.sampled_from([*TEAMS, "cricket"]), name=st.text(max_size=30))
def test_canonical_is_idempotent(sport: str, name: str) -> None:
    once = canonical(sport, name)
    assert canonical(sport, once) == once


@given(st.text(max_size=30))
def test_plain_is_idempotent_and_holds_words_parted_by_one_space(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert all(word.isalnum() for word in once.split())
    assert once == " ".join(once.split())


@given(sport=st.sampled_from(sorted(TEAMS)), names=st.data())
def test_similarity_is_symmetric_and_within_bounds(sport: str, names: st.DataObject) -> None:
    name = st.sampled_from(TEAMS[sport]) | st.text(max_size=20)
    one, other = names.draw(name), names.draw(name)
    score = similarity(sport, one, other)
    assert score == similarity(sport, other, one)
    assert 0 <= score <= 100
    assert similarity(sport, one, one) == 100


def test_every_line_of_the_aliases_says_something_and_leads_to_a_final_spelling() -> None:
    with Path(teams.__file__).with_name("aliases.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert {line["kind"] for line in lines} <= {"soccer", "college", *TEAMS}
    owner: dict[tuple[str, str], str] = {}
    for line in lines:
        sport = {"soccer": "epl", "college": "ncaaf"}.get(line["kind"], line["kind"])
        for name in (line["name"], *line["also"].split("|")):
            assert canonical(sport, name) == canonical(sport, line["name"]), name
            assert owner.setdefault((line["kind"], plain(name)), line["name"]) == line["name"], name


def test_the_names_in_recorded_odds_are_known_names() -> None:
    """Each team in the recorded answers of The Odds API has one of ESPN's spellings."""
    files = {
        "epl": "odds_epl_h2h_3way_1book",
        "bundesliga": "events_bundesliga",
        "nfl": "odds_nfl_16books_h2h_spreads_totals_decimal",
    }
    if not SHARED.exists():
        pytest.skip("the recorded payloads are not beside this checkout")
    for sport, file in files.items():
        events = json.loads((SHARED / f"{file}.json").read_text(encoding="utf-8"))
        known = {canonical(sport, name) for name in TEAMS[sport]}
        assert {
            canonical(sport, event[side]) for event in events for side in ("home_team", "away_team")
        } <= known


# ── sports that the configuration adds ──


def added(odds_key: str | None = None, espn: str | None = None) -> Sport:
    return Sport("mine", "Mine", odds_key, espn)


COLLEGES = {"ncaaf": "college", "ncaab": "college"}


@pytest.mark.parametrize(
    ("sport", "kind"),
    [
        (added("soccer_netherlands_eredivisie", "soccer/ned.1"), "soccer"),
        (added("soccer_fifa_world_cup", "soccer/fifa.world"), "soccer"),
        (added("soccer_efl_champ"), "soccer"),
        (added(None, "soccer/eng.2"), "soccer"),
        (added("soccer_uefa_champs_league", None), "soccer"),
        (added(None, "soccer/eng.w.1"), "womens soccer"),
        (added(None, "soccer/usa.nwsl"), "womens soccer"),
        (added("soccer_fifa_world_cup_womens", "soccer/fifa.wwc"), "womens soccer"),
        (added(None, "basketball/womens-college-basketball"), "college"),
        (added("basketball_wncaab"), "college"),
        (added("baseball_ncaa", "baseball/college-baseball"), "college"),
        (added("americanfootball_nfl_preseason", "football/nfl"), "nfl"),
        (added("americanfootball_nfl_preseason"), "nfl"),
        (added("basketball_nba_summer_league", "basketball/nba-summer-las-vegas"), "nba"),
        (added("icehockey_sweden_hockey_league"), "mine"),
        *(
            (sport, "soccer" if "soccer" in str(sport.espn_path) else COLLEGES.get(sport.name, sport.name))
            for sport in SPORTS
        ),
    ],
)  # fmt: skip
def test_names_are_compared_by_the_rules_of_the_leagues_kind(sport: Sport, kind: str) -> None:
    assert teams.kind_of(sport) == kind


NATIONS = [
    ("USA", "United States"), ("Turkey", "Türkiye"), ("Czech Republic", "Czechia"),
    ("Korea Republic", "South Korea"),
    ("Côte d'Ivoire", "Ivory Coast"), ("Cabo Verde", "Cape Verde"), ("DR Congo", "Congo DR"),
    ("Bosnia and Herzegovina", "Bosnia-Herzegovina"),
    ("Bosnia & Herzegovina", "Bosnia-Herzegovina"), ("FYR Macedonia", "North Macedonia"),
    ("IR Iran", "Iran"), ("China PR", "China"),
    ("Ireland", "Republic of Ireland"), ("UAE", "United Arab Emirates"), ("Curacao", "Curaçao"),
    ("Holland", "Netherlands"),
    ("Trinidad & Tobago", "Trinidad and Tobago"), ("Saint Lucia", "St. Lucia"), ("Swaziland", "Eswatini"),
    ("Korea DPR", "North Korea"),
    ("Hong Kong, China", "Hong Kong"), ("Kyrgyz Republic", "Kyrgyzstan"),
]  # fmt: skip


@pytest.mark.parametrize(("theirs", "espn"), NATIONS)
@pytest.mark.parametrize("kind", ["soccer", "womens soccer", "cricket"])
def test_a_country_is_one_team_however_it_is_written(kind: str, theirs: str, espn: str) -> None:
    assert canonical(kind, theirs) == canonical(kind, espn)


def test_no_two_countries_are_one_team_or_alike() -> None:
    with Path(teams.__file__).with_name("countries.csv").open(encoding="utf-8", newline="") as file:
        names = [line["name"] for line in csv.DictReader(file)]
    assert len({canonical("soccer", name) for name in names}) == len(names)
    assert [pair for pair in combinations(names, 2) if similarity("soccer", *pair) >= ALIKE] == []


EREDIVISIE = [
    ("Ajax", "Ajax Amsterdam"), ("AFC Ajax", "Ajax Amsterdam"), ("PSV", "PSV Eindhoven"),
    ("Feyenoord", "Feyenoord Rotterdam"),
    ("AZ", "AZ Alkmaar"), ("NEC Nijmegen", "N.E.C."), ("Twente Enschede", "FC Twente"),
    ("Go Ahead Eagles", "Go Ahead Eagles Deventer"),
    ("SC Heerenveen", "Heerenveen"), ("FC Zwolle", "PEC Zwolle"), ("Fortuna Sittard", "Fortuna"),
    ("NAC", "NAC Breda"),
    ("Volendam", "FC Volendam"), ("SBV Excelsior", "Excelsior"), ("SC Telstar", "Telstar"),
    ("Heracles Almelo", "Heracles"),
    ("Groningen", "FC Groningen"), ("Utrecht", "FC Utrecht"), ("Willem II Tilburg", "Willem II"),
    ("RKC", "RKC Waalwijk"),
]  # fmt: skip


@pytest.mark.parametrize(("theirs", "espn"), EREDIVISIE)
def test_the_leagues_of_the_example_work_as_documented(theirs: str, espn: str) -> None:
    kind = teams.kind_of(Sport("eredivisie", "Eredivisie", "soccer_netherlands_eredivisie", "soccer/ned.1"))
    assert canonical(kind, theirs) == canonical(kind, espn)


@pytest.mark.parametrize(
    ("theirs", "espn"),
    [
        ("QPR", "Queens Park Rangers"), ("Sheffield Utd", "Sheffield United"),
        ("West Brom", "West Bromwich Albion"),
        ("Sporting Braga", "Braga"), ("Besiktas JK", "Besiktas"), ("Atletico Mineiro", "Atlético-MG"),
        ("Chivas", "Guadalajara"),
        ("Al Hilal", "Al-Hilal Saudi FC"), ("FC Basel 1893", "Basel"), ("RSC Anderlecht", "Anderlecht"),
        ("SK Brann", "Brann"),
        ("Nuremberg", "1. FC Nürnberg"), ("PAOK", "PAOK Salonika"),
    ],
)  # fmt: skip
def test_clubs_of_other_leagues_are_known_by_their_common_spellings(theirs: str, espn: str) -> None:
    assert canonical("soccer", theirs) == canonical("soccer", espn)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Arsenal", "Arsenal Women"), ("Arsenal", "Arsenal WFC"), ("Chelsea", "Chelsea FC (W)"),
        ("Barcelona", "Barcelona Femení"),
        ("Bayern Munich", "FC Bayern München Frauen"), ("Real Madrid", "Real Madrid B"),
        ("Bayern Munich", "Bayern Munich II"),
        ("Ajax", "Jong Ajax"), ("Ajax", "Ajax II"), ("PSV Eindhoven", "Jong PSV"),
        ("United States", "USA Women"),
        ("England", "England U21"),
        ("Spain U19", "Spain U21"), ("Spain U21", "Spain U21 Women"), ("Willem II", "Willem"),
        ("Manchester City", "Manchester United"), ("Real Madrid", "Atlético Madrid"),
        ("Inter Milan", "AC Milan"), ("Milan", "Inter"),
        ("Inter", "Inter Miami"), ("Bristol City", "Bristol Rovers"),
        ("Sheffield United", "Sheffield Wednesday"),
        ("Dundee", "Dundee United"), ("Sporting CP", "Sporting Gijón"), ("Sporting CP", "Sporting Braga"),
        ("Club Brugge", "Cercle Brugge"),
        ("Atlético Mineiro", "Athletico Paranaense"), ("Internazionale", "Internacional"),
        ("Racing Club", "Racing Santander"),
        ("Athletic Club", "Atlético Madrid"), ("Sparta Rotterdam", "Sparta Prague"),
        ("Austria", "Australia"), ("Iran", "Iraq"),
        ("Niger", "Nigeria"), ("South Korea", "North Korea"), ("Congo", "Congo DR"),
        ("Ireland", "Northern Ireland"),
        ("Guinea", "Guinea-Bissau"), ("Dominica", "Dominican Republic"), ("Slovakia", "Slovenia"),
        ("PSV Eindhoven", "FC Eindhoven"),
        ("Paris FC", "Paris Saint-Germain"), ("Rangers", "Queens Park Rangers"),
        ("Universidad de Chile", "Universidad Católica"),
    ],
)  # fmt: skip
def test_two_teams_are_never_taken_for_one(one: str, other: str) -> None:
    assert canonical("soccer", one) != canonical("soccer", other)
    assert similarity("soccer", one, other) < ALIKE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Miami Hurricanes", "Miami (OH) RedHawks"), ("Miami Hurricanes", "Miami Ohio RedHawks"),
        ("USC Trojans", "South Carolina Gamecocks"),
        ("South Carolina Gamecocks", "South Carolina State Bulldogs"),
        ("Mississippi Rebels", "Mississippi State Bulldogs"),
        ("Troy Trojans", "USC Trojans"), ("Georgia Bulldogs", "Georgia State Panthers"),
        ("Washington Huskies", "UConn Huskies"),
    ],
)  # fmt: skip
def test_two_schools_are_never_taken_for_one(one: str, other: str) -> None:
    assert canonical("college", one) != canonical("college", other)
    assert similarity("college", one, other) < ALIKE


def test_in_a_womens_league_the_mark_tells_nothing_but_second_teams_keep_theirs() -> None:
    assert (
        canonical("womens soccer", "Arsenal Women")
        == canonical("womens soccer", "Arsenal WFC")
        == canonical("womens soccer", "Arsenal")
    )
    assert canonical("womens soccer", "USA") == canonical("womens soccer", "United States Women")
    assert canonical("womens soccer", "Barcelona B") != canonical("womens soccer", "Barcelona")


def test_youth_and_second_teams_are_written_in_one_way() -> None:
    assert (
        canonical("soccer", "England Under 21")
        == canonical("soccer", "England U-21")
        == canonical("soccer", "England U21")
    )
    assert canonical("soccer", "Bayern Munich II") == canonical("soccer", "FC Bayern München B")


def test_no_alias_means_two_teams() -> None:
    meant: dict[tuple[str, str], set[str]] = {}
    with Path(teams.__file__).with_name("aliases.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            for name in (line["name"], *line["also"].split("|")):
                meant.setdefault((line["kind"], canonical(line["kind"], name)), set()).add(line["name"])
    assert {key: names for key, names in meant.items() if len(names) > 1} == {}
