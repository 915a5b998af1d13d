"""A number's business profile: what people see in the details of the chat."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from appmixer.engine.contract import Fields, RejectedError

from ..fields.definitions import NumberInput
from ..foreign_json.meta_fields import At, MetaFields, Word
from ..foreign_json.shapes import as_texts

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/business-profiles
MAX_ABOUT_CHARS = 139
MAX_ADDRESS_CHARS = 256
MAX_DESCRIPTION_CHARS = 512
MAX_EMAIL_CHARS = 128
MAX_WEBSITES, MAX_WEBSITE_CHARS = 2, 256
PICTURE_TYPES = ("image/jpeg", "image/png")

Vertical = Literal[
    "ALCOHOL",
    "APPAREL",
    "AUTO",
    "BEAUTY",
    "EDU",
    "ENTERTAIN",
    "EVENT_PLAN",
    "FINANCE",
    "GOVT",
    "GROCERY",
    "HEALTH",
    "HOTEL",
    "NONPROFIT",
    "ONLINE_GAMBLING",
    "OTC_DRUGS",
    "OTHER",
    "PHYSICAL_GAMBLING",
    "PROF_SERVICES",
    "RESTAURANT",
    "RETAIL",
    "TRAVEL",
]
# `about` has to say something, and a picture can be replaced but not taken away.
Clearable = Literal["address", "description", "email", "websites", "vertical"]


class BusinessProfile(MetaFields):
    """The profile as people see it; what was never filled in is not there."""

    about: Word = Field(description="The line below the name.", examples=["Succulent specialists!"])
    address: Word = Field(description="Where it is.", examples=["1 Hacker Way, Menlo Park"])
    description: Word = Field(description="What it does.", examples=["Succulents"])
    email: Word = Field(
        description="Its address for e-mail.", examples=["lucky@luckyshrub.example"]
    )
    websites: Annotated[list[str], BeforeValidator(as_texts)] = Field(
        description="Its addresses on the web.", examples=[["https://www.luckyshrub.example/"]]
    )
    vertical: Word = Field(description="Its line of business, by Meta's word.", examples=["RETAIL"])
    picture_url: Annotated[Word, At("profile_picture_url")] = Field(
        title="Picture URL",
        description="Where its picture can be fetched; the address changes.",
        examples=["https://pps.whatsapp.net/v/t61.jpg"],
    )


class ProfileInput(NumberInput):
    """What is to be changed; what is left empty stays as it is."""

    about: str | None = Field(
        default=None,
        description="The line below the name in the chat's details.",
        max_length=MAX_ABOUT_CHARS,
        pattern=r"^$|\S",
        examples=["Succulent specialists!"],
        json_schema_extra={"x-hint": "more than blanks"},
    )
    address: str | None = Field(
        default=None,
        description="Where the business is.",
        max_length=MAX_ADDRESS_CHARS,
        examples=["1 Hacker Way"],
    )
    description: str | None = Field(
        default=None,
        description="What the business does.",
        max_length=MAX_DESCRIPTION_CHARS,
        examples=["Succulents"],
        json_schema_extra={"x-widget": "textarea"},
    )
    email: str | None = Field(
        default=None,
        title="E-Mail",
        description="Where people can write to.",
        max_length=MAX_EMAIL_CHARS,
        pattern=r"^([^@\s]+@[^@\s.]+(\.[^@\s.]+)+)?$",
        examples=["lucky@luckyshrub.example"],
        json_schema_extra={"x-hint": "an address for e-mail"},
    )
    websites: list[
        Annotated[
            str, StringConstraints(max_length=MAX_WEBSITE_CHARS, pattern=r"^https?://[^\s/]+\S*$")
        ]
    ] = Field(
        default_factory=list[str],
        description="Up to two addresses, with https:// or http://. They replace those there are.",
        max_length=MAX_WEBSITES,
        examples=[["https://www.luckyshrub.example/"]],
    )
    vertical: Vertical | None = Field(
        default=None,
        title="Industry",
        description="The line of business.",
        examples=["RETAIL"],
        json_schema_extra={"x-widget": "select"},
    )
    picture_file_id: str | None = Field(
        default=None,
        title="Picture",
        description="A file kept here: JPEG or PNG, up to 5 MB, best a square of 640 pixels.",
        max_length=200,
        examples=["file-1"],
        json_schema_extra={"x-widget": "file"},
    )
    picture_url: str | None = Field(
        default=None,
        title="Picture URL",
        description="Instead of a file: where the picture can be fetched by anybody.",
        max_length=4096,
        examples=["https://www.luckyshrub.example/logo.png"],
    )
    clear: list[Clearable] = Field(
        default_factory=list[Clearable],
        description="What is to be empty from now on: leaving a field empty does not change it.",
        examples=[["address"]],
        json_schema_extra={"x-group": "Options"},
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        both = next((each for each in self.clear if each in self.texts), None)
        if both is not None:
            raise RejectedError(
                f"The field {both} is filled in and to be cleared",
                "Only one of the two can be meant.",
                "Empty the field, or take it off the list of what is cleared.",
                "clear",
            )
        if self.picture_file_id and self.picture_url:
            raise RejectedError(
                "Two pictures are given",
                "There is a file and a URL.",
                "Fill in one of the two.",
                "pictureFileId",
            )
        if not (self.texts or self.clear or self.picture_file_id or self.picture_url):
            raise RejectedError(
                "Nothing is to be changed",
                "All fields of the profile are empty.",
                "Fill in what is to be changed, or say what is to be cleared.",
                "about",
            )
        return self

    @property
    def emptied(self) -> dict[str, str | list[str]]:
        """What is to be empty, as Meta is told."""
        return {name: [] if name == "websites" else "" for name in self.clear}

    @property
    def texts(self) -> dict[str, str | list[str]]:
        """What is filled in, by Meta's names, which are ours as well."""
        filled = {
            "about": self.about,
            "address": self.address,
            "description": self.description,
            "email": self.email,
            "websites": self.websites,
            "vertical": self.vertical,
        }
        return {name: value for name, value in filled.items() if value}


class ProfileChanged(Fields):
    """What was changed."""

    success: bool = Field(description="Whether Meta took it.", examples=[True])
    phone_number_id: str = Field(
        title="Phone Number ID",
        description="The number whose profile it is.",
        examples=["106540352242922"],
    )
    changed: list[str] = Field(
        description="The fields that were changed or cleared, by Meta's names.",
        examples=[["about", "websites"]],
    )
