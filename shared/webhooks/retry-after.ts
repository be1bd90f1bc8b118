// Retry-After in both its forms (RFC 9110 §10.2.3): seconds, or one of the three ways to write a date (§5.6.7).
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MONTH = `(?<month>${MONTHS.join("|")})`;
const TIME = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`;
const DATES = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  new RegExp(String.raw`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d\d) ${MONTH} (?<year>\d{4}) ${TIME} GMT$`),
  // Sunday, 06-Nov-94 08:49:37 GMT
  new RegExp(
    String.raw`^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d\d)-${MONTH}-(?<year>\d\d) ${TIME} GMT$`,
  ),
  // Sun Nov  6 08:49:37 1994
  new RegExp(String.raw`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} (?<day>[ \d]\d) ${TIME} (?<year>\d{4})$`),
];
/** A year of two digits that would lie further ahead is of the century before. */
const MAX_YEARS_AHEAD = 50;

/** Milliseconds to wait, 0 for a date that is over; undefined where the value says nothing. */
export function readRetryAfter(value: string | null | undefined, now: number): number | undefined {
  const text = value?.trim() ?? "";
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1_000;
  const at = parseHttpDate(text, now);
  return at === undefined ? undefined : Math.max(0, at - now);
}

/** By hand: Date.parse takes far more, and reads the third way as local time. */
function parseHttpDate(text: string, now: number): number | undefined {
  for (const pattern of DATES) {
    const parts = pattern.exec(text)?.groups;
    if (parts === undefined) continue;
    const part = (name: string): number => Number(parts[name]);
    const [day, hour, minute, second] = [part("day"), part("hour"), part("minute"), part("second")];
    const month = MONTHS.indexOf(parts["month"] ?? "");
    const year = parts["year"]?.length === 2 ? fullYear(part("year"), now) : part("year");
    const at = Date.UTC(year, month, day, hour, minute, Math.min(second, 59));
    // Hours and days that do not exist lead to another day; a leap second is a second.
    const isReal = new Date(at).getUTCDate() === day && minute < 60 && second <= 60;
    return isReal ? at : undefined;
  }
  return undefined;
}

function fullYear(twoDigits: number, now: number): number {
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + MAX_YEARS_AHEAD ? year - 100 : year;
}
