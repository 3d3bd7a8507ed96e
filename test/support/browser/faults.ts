import type { Route } from 'playwright-core'

export interface Fault {
  name: string
  /** What becomes of a call. */
  answer: (route: Route) => Promise<void>
  /** What every page says then. */
  says: RegExp
  /** And what to do. */
  advises: RegExp
}

const refusing = (name: string, status: number, code: string, retryable = false): Fault => ({
  name,
  answer: route =>
    route.fulfill({
      ...{ status, contentType: 'application/problem+json' },
      json: { code, message: `It is so: ${code}.`, advice: `Do this: ${status}.`, retryable },
    }),
  says: new RegExp(`It is so: ${code}|not there any more`),
  advises: new RegExp(`Do this: ${status}`),
})

export const FAULTS: readonly Fault[] = [
  refusing('403', 403, 'ROLE_INSUFFICIENT'),
  refusing('404', 404, 'RUN_NOT_FOUND'),
  refusing('409', 409, 'REGION_EPOCH_CHANGED'),
  {
    ...{ name: '429 with Retry-After', says: /cannot take the call/, advises: /Try again in some/ },
    answer: route =>
      route.fulfill({
        ...{ status: 429, headers: { 'retry-after': '30' } },
        json: { message: 'Too Many Requests' },
      }),
  },
  refusing('500', 500, 'UNEXPECTED'),
  {
    ...{ name: 'a proxy that answers in HTML', says: /is not one of the XenKeep API/ },
    advises: /Check that the address/,
    answer: route =>
      route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad Gateway</h1>' }),
  },
  {
    ...{
      name: 'no network',
      says: /does not answer/,
      advises: /check the address and the network/,
    },
    answer: route => route.abort('internetdisconnected'),
  },
]
