import { expect, test } from "vitest";

import { isSearch } from "./searching";

const CHOICES = [
  { value: "106540352242922", label: "+1 555-078-3881", hint: "Jasper's Market", badge: "GREEN" },
  { value: "order_update", label: "Order Update", hint: "en_US", badge: "" },
];

test.each(["order", "ORDER en", "jasper's", "5403", "green"])("%s is a search", (typed) => {
  expect(isSearch(typed, CHOICES)).toBe(true);
});

test.each(["", " ", "4711", "order 4711", "order_update", "106540352242922"])(
  "%j is meant as it is",
  (typed) => {
    expect(isSearch(typed, CHOICES)).toBe(false);
  },
);

test("nothing is a search where there is nothing to choose", () => {
  expect(isSearch("order", [])).toBe(false);
});
