import type { Locator, Request, Route } from 'playwright-core'
import { expect } from 'vitest'
import type { TestConsole } from './console.ts'

/** What a browser keeps of somebody who has signed in. */
export type SignedIn = Awaited<
  ReturnType<Awaited<ReturnType<TestConsole['at']>>['context']['storageState']>
>

/** What pages say while they wait. */
export const LOADING = /^(Loading|Looking|Asking)/

/** More than what no page shows is kept (gcTime of TanStack Query), in ms. */
const KEPT_MS = 10 * 60_000

const CALLS = '**/v1/**'

/** Somebody who has signed in, in a browser whose clock can be set forward. */
export const hurriedVisit = async (
  xenkeep: TestConsole,
  storageState: SignedIn,
  options: { at?: number } = {},
) => {
  // What moves is painted sixty times a second.
  const person = await xenkeep.visit({ storageState, reducedMotion: 'reduce' })
  const { page } = person
  await page.clock.install({ time: options.at ?? Date.now() })
  /** Goes to a page as a link of the menu does: nothing is loaded anew. */
  const go = async (path: string) => {
    await page.evaluate(`history.pushState(null, '', ${JSON.stringify(path)})`)
    await page.getByRole('heading', { level: 1 }).first().waitFor()
  }
  /** Lets time pass until something is so: pauses and looks at intervals take seconds that nobody has to wait for. */
  const inTime = (what: string, look: () => Promise<boolean>) =>
    expect
      .poll(
        async () => {
          if (await look()) return true
          await page.clock.fastForward(2_000)
          return look()
        },
        { interval: 50, message: what },
      )
      .toBe(true)
  /** Until nothing says that anything is wrong any more; where no look comes by itself, a button has it. */
  const heals = (path: string) =>
    inTime(`${path} heals`, async () => {
      const again = page.getByRole('button', { name: /^(Try|Look) again$/ }).first()
      if ((await again.count()) > 0) await again.click({ timeout: 500 }).catch(() => undefined)
      return (await page.getByText(/^Code: /).count()) === 0
    })
  const asked = new Set<Request>()
  page.on('request', request => asked.add(request))
  page.on('requestfinished', request => asked.delete(request))
  page.on('requestfailed', request => asked.delete(request))
  /** All of a page is there: what asks only once something else has come may not say "Loading" yet while its code is on the way. */
  const loaded = () =>
    inTime('the page is loaded', async () => asked.size === 0 && isGone(page.getByText(LOADING))())
  const headings = () => page.getByRole('heading').allInnerTexts()
  const spoil = (answer: (route: Route) => Promise<void>) =>
    page.route(CALLS, route =>
      route.request().url().endsWith('/v1/caller') ? route.fallback() : answer(route),
    )
  const heal = () => page.unroute(CALLS)
  const isNowhere = () => page.getByText('There is no such page').waitFor()
  /** Nothing that was shown is known any more, as to somebody who comes first; only the code of pages is there. */
  const forget = async () => {
    await page.unrouteAll()
    await page.setViewportSize({ width: 1280, height: 900 })
    await go('/nowhere')
    await isNowhere()
    await page.clock.fastForward(KEPT_MS)
  }
  await page.goto('/nowhere')
  await isNowhere()
  return { ...person, go, inTime, heals, loaded, headings, spoil, heal, forget }
}

export const isShown = (where: Locator) => async (): Promise<boolean> => (await where.count()) > 0
export const isGone = (where: Locator) => async (): Promise<boolean> => (await where.count()) === 0

export type HurriedVisit = Awaited<ReturnType<typeof hurriedVisit>>
