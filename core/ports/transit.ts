/**
 * Where sealed parts of answers lie between a gateway and a browser, for a day at most. Whoever knows a URL needs nothing besides, so it is short-lived and good for
 * one part.
 *
 * - Keys are `transit/` and three segments of `[0-9A-Z]`.
 * - A URL is an address, or a path that begins with `/` of the control plane that was asked.
 * - What was put is seen whole or not at all; put again, the later counts.
 * - Errors of both methods: `STORE_UNAVAILABLE` (retryable), `STORE_DENIED`.
 */
export interface Transit {
  /** @returns where exactly `bytes` bytes are taken by PUT, for 15 minutes */
  putUrl(key: string, bytes: number): Promise<string>
  /** @returns where they are read by GET, for 15 minutes; nothing is said about whether they are there */
  getUrl(key: string): Promise<string>
}

/** How long a URL is good for, in seconds: a part of 8 MiB passes at 75 kbit/s. */
export const TRANSIT_URL_SECONDS = 15 * 60

/** What is older was read, or never will be; in ms. */
export const TRANSIT_KEPT_MS = 24 * 60 * 60_000

export const isTransitKey = (key: string): boolean =>
  /^transit\/[0-9A-Z]+\/[0-9A-Z]+\/\d+$/.test(key)
