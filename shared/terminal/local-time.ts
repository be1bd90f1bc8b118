// Times as somebody at this machine reads them, in its time zone. The same order everywhere: they sort as texts.

const two = (value: number): string => String(value).padStart(2, "0");

/** `2026-11-22` */
export const localDay = (at: Date): string =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
/** `14:05` */
export const localMinute = (at: Date): string => `${two(at.getHours())}:${two(at.getMinutes())}`;
/** `2026-11-22 14:05` */
export const localTime = (at: number): string => `${localDay(new Date(at))} ${localMinute(new Date(at))}`;
