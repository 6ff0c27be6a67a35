/** Whether a text begins with a day that there is, as `YYYY-MM-DD`: `Date` takes the 30th of February for the 2nd of March. */
export function isRealDay(text: string): boolean {
  const day = text.slice(0, 10)
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) return false
  const time = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(day)
}
