"""The demo's courses: each has a description, and what an admin made of them stays."""

import pytest

from gateway.pages.demo_catalogue import COURSES, DESCRIPTIONS, SEEDER, TIERS, seed
from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.model.values import Described
from gateway.services.core.rules.inputs.courses import course_problems
from tests.service import ADMIN, Service

pytestmark = pytest.mark.anyio


async def test_each_course_of_the_demo_has_a_description_however_often_it_is_seeded(service: Service) -> None:
    seeded = await seed(service.purchases)
    assert {course.id: (course.title, course.description) for course in seeded} == {
        key: (title, DESCRIPTIONS[key]) for key, title in COURSES.items()
    }
    assert not any(course_problems("Yoga", TIERS, Described(each)) for each in DESCRIPTIONS.values())
    before = service.everything()
    assert await seed(service.purchases) == seeded
    assert service.everything() == before


async def test_a_demo_of_before_gets_its_descriptions_once_and_what_an_admin_changed_stays(service: Service) -> None:
    for key, title in COURSES.items():
        await service.purchases.submit(SaveCourse(SEEDER, key, True, title, TIERS, key=f"seed:{key}"))
    yoga, mathematics, guitar, _ = COURSES
    await service.save_course(course_id=yoga, title="Yoga for Experts")
    described = {course.id: course.description for course in await seed(service.purchases)}
    assert described == {**DESCRIPTIONS, yoga: None}
    for key, text in ((mathematics, None), (guitar, "Loud.")):
        await service.purchases.submit(SaveCourse(ADMIN, key, False, COURSES[key], TIERS, Described(text)))
    described = {course.id: course.description for course in await seed(service.purchases)}
    assert described == {**DESCRIPTIONS, yoga: None, mathematics: None, guitar: "Loud."}
