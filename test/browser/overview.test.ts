import { randomBytes } from 'node:crypto'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OverviewView } from '#core/contracts/overview-api.ts'
import type { DayStatistics, StatisticsView } from '#core/contracts/statistics-api.ts'
import {
  axeFindings,
  openConsole,
  picture,
  signIn,
  type TestConsole,
} from '#test/support/browser/console.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'

/*
 * Motivation: who opens this page has ten seconds, and has to learn in them what to do.
 * Steps: a site with a VM that no policy takes; a policy takes it; a year of problems and figures, as a large site has them; the API fails.
 * Passes when each is told as it is without a load of the page, leads to where something can be done, and axe finds nothing. With XENKEEP_SCREENSHOTS=folder, the pictures are written there.
 */

let machine: Machine
let xenkeep: TestConsole

beforeAll(async () => {
  machine = await startMachine({
    web: [randomBytes(MiB)],
    db: [randomBytes(MiB)],
  })
  await machine.backup('web')
  xenkeep = await openConsole(machine)
})
afterAll(async () => {
  await xenkeep?.close()
  await machine?.stop()
})

const overviewPage = (page: Page) => ({
  answer: (text: string | RegExp) => page.getByText(text).first(),
  problems: () => page.getByRole('list', { name: 'Open problems' }).getByRole('listitem'),
  follow: (link: string) => page.getByRole('link', { name: link, exact: true }).first().click(),
})

/** As when a person comes back to the page. */
const lookAgain = (page: Page) =>
  page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

test('what no policy takes is told with where to go, and not any more once one does', async () => {
  const { page, troubles, context } = await xenkeep.at('/')
  const { answer, follow } = overviewPage(page)
  await answer('2 of 2 virtual machines are backed up by no policy.').waitFor()
  await answer(/^2 of 2 .*: "(web|db)", "(web|db)"\.$/).waitFor()
  await page.getByText('Stored in the repository').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'overview-small')
  await follow('Show them')
  await page.getByRole('rowheader', { name: 'db' }).waitFor()
  await page.goBack()

  const { person } = machine
  await person.call('createPolicy', {
    body: {
      name: 'Nightly "1" <b>',
      selection: { include: [{ all: true }] },
      schedule: { cron: '0 3 * * *', timeZone: 'UTC' },
      retention: { daily: 7 },
    } as never,
  })
  await answer(
    'All 2 virtual machines are backed up by a policy. 1 of them had no backup yet.',
  ).waitFor()
  await answer('There is no open problem').waitFor()
  await page.getByText('Nightly "1" <b>').waitFor()
  expect(troubles).toEqual([])
  await context.close()
})

const EVIL = '<script>document.title = "broken"</script> "🚀" '

/** As the API tells it of a large site on a bad day. */
const badDay = (view: OverviewView): OverviewView => ({
  ...view,
  answers: {
    protected: {
      standing: 'warning',
      text: '12 of 5,000 virtual machines are backed up by no policy.',
    },
    failed: {
      standing: 'bad',
      text: '2 troubles were not made good since. 40 runs began in the last 24 hours.',
    },
    locked: {
      standing: 'good',
      text: 'The newest recovery point of each of 4,988 virtual machines is locked in the store; the first of these locks ends on 2026-12-12.',
    },
    restorable: {
      standing: 'good',
      text: 'The verification of 2026-11-22 found no damage. All of 140,000 recovery points was read back within 30 days.',
    },
    cost: {
      standing: 'good',
      text: 'About 1,240 USD a month at list prices of eu-central-1, for 4,988 virtual machines backed up each night with 30 points kept; their disks count whole, so it is rather too high. "xenkeep cost" shows what for.',
    },
  },
  vms: { ...view.vms, known: 5_000, protected: 4_988, unprotected: 12, standby: 3 },
  runs: { ...view.runs, succeeded: 37, failed: 1, warning: 1, running: 1, more: true },
  problems: [
    {
      kind: 'run-failed',
      standing: 'bad',
      text: `"${EVIL}${'long'.repeat(60)}" failed 3 times in a row: the storage is full.`,
      since: view.at - 3 * 86_400_000,
      advice: 'Make room.',
      go: { to: 'run', id: '01J000000000000000000000PT' },
    },
    {
      kind: 'gateway-silent',
      standing: 'bad',
      text: 'The gateway "site B" does not call.',
      go: { to: 'gateways' },
    },
    {
      kind: 'vms-unprotected',
      standing: 'warning',
      text: '12 of 5,000 virtual machines are backed up by no policy: "a", "b", "c" and 9 more.',
      go: { to: 'unprotected-vms' },
    },
    { kind: 'lock-ending', standing: 'info', text: 'A lock ends soon.', go: { to: 'vms' } },
  ],
  moreProblems: 7,
})

/** A month in which a lot was stored. */
const month = (): StatisticsView => {
  const days = Array.from(
    { length: 30 },
    (_, n): DayStatistics => ({
      ...{ day: new Date(Date.UTC(2026, 9, 25 + n)).toISOString().slice(0, 10), points: 40 },
      ...{
        bytesRead: 3e11 + n * 1e9,
        bytesNew: 1e11,
        bytesStored: 4e10 + (n % 7) * 1e10,
        bytesFreed: 0,
      },
      ...{
        dedup: 3 + (n % 5) / 3,
        compression: 2.1,
        repository: { bytes: 2e12 + n * 5e10, at: 1 },
      },
      runs: {
        backup: {
          succeeded: 10,
          warning: 0,
          failed: 0,
          cancelled: 0,
          ms: 3e7 + n * 1e6,
          longestMs: 9e6,
        },
      },
    }),
  )
  return { from: '2026-10-25', until: '2026-11-23', countedSince: '2026-10-25', days }
}

const LOOKS = {
  light: {},
  dark: { colorScheme: 'dark' as const },
  narrow: { viewport: { width: 400, height: 800 } },
}

test('a bad day of a large site can be read, as charts and as a table', async () => {
  // Other looks cost seconds each; every-page.test.ts has them of the page without charts.
  const looks = Object.entries(LOOKS).slice(0, process.env.XENKEEP_SCREENSHOTS ? 3 : 1)
  for (const [name, look] of looks) {
    const { page, troubles, context } = await xenkeep.visit(look)
    await page.route('**/v1/overview', async route => {
      const response = await route.fetch()
      const json = await response.json()
      await route.fulfill({ response, json: response.ok() ? badDay(json) : json })
    })
    await page.route('**/v1/statistics?*', route => route.fulfill({ json: month() }))
    await page.goto('/')
    await signIn(page, xenkeep.password)
    await page.getByText('failed 3 times in a row').waitFor()
    expect(await overviewPage(page).problems().count()).toBe(4)
    await page.getByText('7 more are not shown.').waitFor()
    await expect.poll(() => page.getByRole('application').count()).toBe(4)
    expect(await page.title()).not.toBe('broken')
    await picture(page, `overview-large-${name}`)
    const storage = page.getByRole('button', { name: 'Stored in the repository: as a table' })
    await storage.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('rowheader', { name: '2026-11-23' }).waitFor()
    await page.getByRole('cell', { name: '3.14 TiB' }).first().waitFor()
    expect(await axeFindings(page)).toEqual([])
    expect(troubles).toEqual([])
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await context.close()
  }
})

test('what was seen stays when the API fails, and says that it may be old', async () => {
  const { page, context } = await xenkeep.at('/')
  await page.getByText('There is no open problem').waitFor()
  await page.route('**/v1/overview', route =>
    route.fulfill({
      status: 500,
      json: {
        error: { code: 'INTERNAL', message: 'It broke.', advice: 'Wait.', retryable: false },
      },
    }),
  )
  await lookAgain(page)
  await page.getByText('This may be old: the last look failed').waitFor()
  await page.getByText('There is no open problem').waitFor()
  await page.unroute('**/v1/overview')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('This may be old: the last look failed').waitFor({ state: 'detached' })
  await context.close()
})
