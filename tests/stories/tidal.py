"""The tables and plans that the Tidal Society hands in: four members, a band, two labs, offices, heirs."""

# ruff: noqa: E501 - rows of tables stand on one line

from __future__ import annotations

from tests.settlement import LUMP as LUMP_OF_3000

MEMBERS = """code,name,kind,street,building,postcode,town,country,iban,bic,account_holder,works,authority,quality,good_standing,joined
gazette,Harbour Gazette,newspaper,Quay,1,1010,Vienna,AT,AT611904300234573201,BKAUATWWXXX,Harbour Gazette GmbH,400,60,80,yes,2025-01-01
drum,Drum Hill Records,label,Mill Lane,2,10115,Berlin,DE,DE89370400440532013000,COBADEFFXXX,Drum Hill Records,150,30,90,yes,2025-01-01
marsh,Marsh and Tide,blogger,Reed Street,7,1020,Vienna,AT,AT611904300234573201,BKAUATWWXXX,Marsh and Tide,120,25,70,yes,2025-01-01
quill,Quill,songwriter,Stave,4,1030,Vienna,AT,AT611904300234573201,BKAUATWWXXX,Quill,110,25,70,yes,2025-01-01
"""
PARTIES = """code,name,kind,country,street,building,postcode,town,iban,bic,account_holder
lab-north,Lab North,lab,US,,,,,,,
lab-south,Lab South,lab,GB,,,,,,,
offices,Reading Offices,other,AT,,,,,,,
fathoms,The Fathoms,performer,IE,Cliff Road,3,D02,Dublin,DE89370400440532013000,COBADEFFXXX,The Fathoms
reef,Reef,author,AT,Reef Street,1,1010,Vienna,AT611904300234573201,BKAUATWWXXX,Reef
heron,Heron,author,AT,Heron Street,1,1010,Vienna,AT611904300234573201,BKAUATWWXXX,Heron
stint,Stint,author,AT,Stint Street,1,1010,Vienna,AT611904300234573201,BKAUATWWXXX,Stint
"""
MOVED = """code,name,kind,country,street,building,postcode,town,iban,bic,account_holder
fathoms,The Fathoms,performer,IE,Cliff Road,3,D02,Dublin,NL91ABNA0417164300,ABNANL2AXXX,The Fathoms
"""
SITES = """code,host,patterns,owner,tier
gazette-site,gazette.example,/,gazette,standard
drum-site,drum.example,/,drum,standard
marsh-site,marsh.example,/,marsh,standard
quill-site,quill.example,/,quill,standard
"""
WORKS = """url,title,type,words,tier,member,shares
https://gazette.example/a,Harbour dredged again,article,800,standard,gazette,
https://gazette.example/b,The lock keeper,article,1200,standard,gazette,gazette:publisher:2/3; quill:author:1/3
https://drum.example/song,Low Water,recording,,standard,drum,
https://drum.example/anthem,Spring Tide,recording,,standard,drum,
https://marsh.example/one,Reed and wren,article,900,standard,marsh,
https://quill.example/duet,Duet,musical-work,,standard,quill,quill:composer:1/2; unknown:lyricist:1/2
"""
MANDATES = "member,use,licensee,answer,from,until\n" + "".join(
    f"{member},all,*,yes,2025-01-01,\n" for member in ("gazette", "drum", "marsh", "quill")
)
LICENCES = """code,licensee,kind,uses,from,until,currency,fee,prices,operators,rate,minimum
north-2026,lab-north,blanket,ai-train,2026-01-01,2027-01-01,EUR,12000.00,,OpenAI,,
south-2026,lab-south,revenue,ai-train ai-input,2026-01-01,2027-01-01,USD,,,Anthropic,3%,1200.00
offices-2026,offices,blanket,ai-input,2026-01-01,2027-01-01,EUR,6000.00,,,,
"""
TIDE = """name = "tide"
about = "A floor from one pool, a third by requests with a cap, the recording right in halves."
currency = "EUR"
recovery = { limit = "50%" }

[[deduct]]
label = "administration"
rate = "15%"
of = "gross"
to = "society:administration"

[[deduct]]
label = "culture"
rate = "10%"
of = "rest"
to = "fund:culture"
ceiling = ["EUR 50.00"]

[[share]]
label = "floor"
portion = "20%"
key = "equal"
among = "members"
income = "pooled"

[[share]]
label = "use"
portion = "30%"
key = "usage"
measure = "requests"
cap = "40%"

[[share]]
label = "recording"
portion = "50%"

  [[share.share]]
  label = "by requests"
  portion = "50%"
  key = "usage"
  measure = "requests"

  [[share.share]]
  label = "each work once"
  portion = "50%"
  key = "usage"
  measure = "works"
"""
ASKED = """name = "offices"

[[deduct]]
label = "administration"
rate = "15%"
of = "gross"
to = "society:administration"

[[share]]
label = "asked"
portion = "100%"
key = "survey"
of = "offices-q1"
if_empty = "hold"
"""
LUMP = LUMP_OF_3000.replace("3000.00", "2000.00")
CLASS = ("https://gazette.example/a", "https://drum.example/song", "https://marsh.example/one")
UNITS = "unit,stratum,fee,take\nlibrary,consortia,900.00,all\n" + "".join(
    f"firm-{n:02},firms,{120 - 5 * n}.00,\n" for n in range(6)
)
PATHS = {
    "gazette": {"/a": 2, "/b": 3},
    "drum": {"/song": 1, "/anthem": 2},
    "marsh": {"/one": 2},
    "quill": {"/duet": 3},
}
