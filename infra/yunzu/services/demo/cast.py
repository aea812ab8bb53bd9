"""The cast: which departments take part, and what each of their environments gets."""

from collections.abc import Mapping

from yunzu.services.demo import aviation, reference, registers
from yunzu.services.demo.reference import table_file
from yunzu.services.demo.shapes import Cargo

DEPARTMENTS = (
    "statistics",
    "transport",
    "meteorology",
    "market-regulation",
    "public-security",
    "civil-affairs",
    "big-data",
)

# Registers with personal data leave the database as rows under a share, never as a file beside it.
CARGO: Mapping[str, Cargo] = {
    "statistics/indicators-prod": Cargo(
        (("main", reference.POPULATION), ("main", reference.UNEMPLOYMENT)),
        (("main", table_file(reference.POPULATION)), ("main", reference.UNEMPLOYMENT_FILE)),
    ),
    "transport/flights-prod": Cargo(
        (
            ("operations", aviation.FLIGHTS),
            ("reference", aviation.AIRLINES),
            ("reference", aviation.AIRPORTS),
            ("reference", aviation.PLANES),
        ),
        tuple(("main", file) for file in aviation.SOURCE_FILES),
    ),
    "transport/flights-test": Cargo((("main", aviation.FLIGHTS_SAMPLE), ("main", aviation.AIRLINES))),
    "meteorology/weather-prod": Cargo(
        (("main", aviation.WEATHER),),
        (("observations", aviation.WEATHER_FILE),),
    ),
    "market-regulation/enterprises-prod": Cargo(
        (("main", registers.ENTERPRISES),), (("main", table_file(registers.ENTERPRISES)),)
    ),
    "public-security/persons-prod": Cargo((("main", registers.PERSONS),)),
    "civil-affairs/divisions-prod": Cargo(
        (("main", reference.DIVISIONS),), (("main", table_file(reference.DIVISIONS)),)
    ),
    "civil-affairs/aid-prod": Cargo((("main", registers.APPLICATIONS),)),
    "big-data/calendar-prod": Cargo(
        (("main", reference.CALENDAR),), (("main", table_file(reference.CALENDAR)),)
    ),
    "big-data/open-data-prod": Cargo(
        (),
        (
            ("main", table_file(reference.CALENDAR)),
            ("main", table_file(reference.DIVISIONS)),
            ("main", aviation.AIRPORTS_FILE),
        ),
    ),
}
