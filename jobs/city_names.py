"""The cities most postings name, written for this product; see `jobs.place_names`."""

from __future__ import annotations

# City, region code (where ours), country, then other names.
CITY_LINES = """
New York|NY|US|new york city|nyc|manhattan|brooklyn
San Francisco|CA|US|sf|san francisco bay|sf bay|bay
Los Angeles|CA|US|la
San Diego|CA|US
San Jose|CA|US
Palo Alto|CA|US
Mountain View|CA|US
Menlo Park|CA|US
Sunnyvale|CA|US
Santa Clara|CA|US
Redwood City|CA|US
San Mateo|CA|US
Oakland|CA|US
Irvine|CA|US
Sacramento|CA|US
Santa Monica|CA|US
Seattle|WA|US
Bellevue|WA|US
Redmond|WA|US
Kirkland|WA|US
Portland|OR|US
Austin|TX|US
Dallas|TX|US
Houston|TX|US
San Antonio|TX|US
Plano|TX|US
Denver|CO|US
Boulder|CO|US
Chicago|IL|US
Boston|MA|US
Cambridge||
Atlanta|GA|US
Miami|FL|US
Tampa|FL|US
Orlando|FL|US
Philadelphia|PA|US
Pittsburgh|PA|US
Washington|DC|US|washington dc|washington d c
Arlington|VA|US
Reston|VA|US
Baltimore|MD|US
Raleigh|NC|US
Durham|NC|US
Charlotte|NC|US
Nashville|TN|US
Minneapolis|MN|US
Detroit|MI|US
Ann Arbor|MI|US
Columbus|OH|US
Cleveland|OH|US
Cincinnati|OH|US
Indianapolis|IN|US
Milwaukee|WI|US
Madison|WI|US
St Louis|MO|US|saint louis
Kansas City|MO|US
Salt Lake City|UT|US
Lehi|UT|US
Phoenix|AZ|US
Scottsdale|AZ|US
Las Vegas|NV|US
Jersey City|NJ|US
Toronto|ON|CA
Ottawa|ON|CA
Waterloo|ON|CA
Kitchener|ON|CA
Montreal|QC|CA|montréal
Vancouver|BC|CA
Victoria|BC|CA
Calgary|AB|CA
Edmonton|AB|CA
Winnipeg|MB|CA
Halifax|NS|CA
London||GB
Manchester||GB
Birmingham||GB
Edinburgh||GB
Glasgow||GB
Bristol||GB
Leeds||GB
Liverpool||GB
Oxford||GB
Brighton||GB
Belfast||GB
Cardiff||GB
Nottingham||GB
Dublin||IE
Cork||IE
Galway||IE
Berlin||DE
Munich|BY|DE|münchen|muenchen
Hamburg||DE
Frankfurt|HE|DE|frankfurt am main
Cologne|NRW|DE|köln|koeln
Düsseldorf|NRW|DE|duesseldorf
Stuttgart|BW|DE
Leipzig||DE
Dresden||DE
Hanover||DE|hannover
Nuremberg|BY|DE|nürnberg
Karlsruhe|BW|DE
Potsdam||DE
Brandenburg||DE
Bremen||DE
Essen|NRW|DE
Dortmund|NRW|DE
Bonn|NRW|DE
Vienna||AT|wien
Graz||AT
Linz||AT
Salzburg||AT
Zurich||CH|zürich|zuerich
Geneva||CH|genève|genf
Basel||CH
Bern||CH
Lausanne||CH
Zug||CH
Paris||FR
Lyon||FR
Marseille||FR
Toulouse||FR
Nantes||FR
Lille||FR
Bordeaux||FR
Nice||FR
Grenoble||FR
Madrid||ES
Barcelona||ES
Valencia||ES
Seville||ES|sevilla
Málaga||ES
Lisbon||PT|lisboa
Porto||PT|oporto
Rome||IT|roma
Milan||IT|milano
Turin||IT|torino
Amsterdam||NL
Rotterdam||NL
The Hague||NL|den haag
Utrecht||NL
Eindhoven||NL
Brussels||BE|bruxelles|brussel
Antwerp||BE|antwerpen
Ghent||BE|gent
Copenhagen||DK|københavn|kobenhavn
Aarhus||DK
Stockholm||SE
Gothenburg||SE|göteborg
Malmö||SE
Oslo||NO
Bergen||NO
Helsinki||FI
Espoo||FI
Reykjavik||IS
Warsaw||PL|warszawa
Krakow||PL|kraków|cracow
Wroclaw||PL|wrocław
Gdansk||PL|gdańsk
Poznan||PL|poznań
Prague||CZ|praha
Brno||CZ
Bratislava||SK
Budapest||HU
Bucharest||RO|bucuresti
Cluj-Napoca||RO|cluj
Iasi||RO
Sofia||BG
Athens||GR
Thessaloniki||GR
Zagreb||HR
Ljubljana||SI
Belgrade||RS|beograd
Tallinn||EE
Riga||LV
Vilnius||LT
Kyiv||UA|kiev
Lviv||UA
Istanbul||TR
Ankara||TR
Tel Aviv||IL|tel aviv yafo
Jerusalem||IL
Haifa||IL
Dubai||AE
Abu Dhabi||AE
Riyadh||SA
Doha||QA
Cairo||EG
Casablanca||MA
Lagos||NG
Nairobi||KE
Accra||GH
Cape Town||ZA
Johannesburg||ZA
Bangalore||IN|bengaluru
Mumbai||IN|bombay
Delhi||IN|new delhi|delhi ncr
Gurgaon||IN|gurugram
Noida||IN
Hyderabad||IN
Chennai||IN
Pune||IN
Kolkata||IN
Ahmedabad||IN
Karachi||PK
Lahore||PK
Dhaka||BD
Colombo||LK
Beijing||CN
Shanghai||CN
Shenzhen||CN
Guangzhou||CN
Hong Kong||HK
Taipei||TW
Tokyo||JP
Osaka||JP
Seoul||KR
Singapore||SG
Kuala Lumpur||MY
Bangkok||TH
Ho Chi Minh City||VN
Hanoi||VN
Manila||PH
Jakarta||ID
Sydney|NSW|AU
Melbourne|VIC|AU
Brisbane|QLD|AU
Perth||AU
Adelaide||AU
Canberra||AU
Auckland||NZ
Wellington||NZ
Mexico City||MX|ciudad de méxico|cdmx
Guadalajara||MX
Monterrey||MX
São Paulo||BR
Rio de Janeiro||BR
Belo Horizonte||BR
Buenos Aires||AR
Santiago||CL
Bogotá||CO
Medellín||CO
Lima||PE
Montevideo||UY
"""
