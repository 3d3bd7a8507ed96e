import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  axeFindings,
  openConsole,
  picture,
  type TestConsole,
} from '#test/support/browser/console.ts'
import { startLivedIn } from '#test/support/browser/lived-in.ts'
import { settled, tooWide } from '#test/support/browser/look.ts'
import type { Machine } from '#test/support/machine.ts'

/*
 * Motivation: a page that somebody cannot read is not there for them.
 * Steps: every page that the menu or another page leads to, the steps of the wizards and the dialogues, light and dark, on a desk and on a telephone, where much was done
 * and names are long.
 * Passes when each has one headline, axe finds nothing and none has to be pushed aside to be read. With XENKEEP_SCREENSHOTS=folder, the pictures are written there.
 */

const DESK = { width: 1280, height: 900 }
const TELEPHONE = { width: 400, height: 800 }
/** All of them, on a machine that has other things to do. */
const MOST_MS = 300_000

let machine: Machine
let paths: Awaited<ReturnType<typeof startLivedIn>>['paths']
let xenkeep: TestConsole
let stop: (() => Promise<void>) | undefined

beforeAll(async () => {
  ;({ machine, paths, stop } = await startLivedIn())
  xenkeep = await openConsole(machine)
})
afterAll(async () => {
  await xenkeep?.close()
  await stop?.()
})

const linksOfMenu = (page: Page): Promise<string[]> =>
  page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link')
    .evaluateAll(links => [...new Set(links.map(link => link.getAttribute('href') ?? ''))])

/** As a link of the console does: without loading it anew, which takes longer than all else here. */
const go = async (page: Page, path: string): Promise<void> => {
  await page.evaluate(`history.pushState(null, '', ${JSON.stringify(path)})`)
  await settled(page)
}

/** As it stands: light, dark and narrow. */
const isReadable = async (page: Page, name: string): Promise<void> => {
  await expect.poll(() => axeFindings(page), { message: name }).toEqual([]) // dialogues are faded in
  await picture(page, `${name}-light`)
  await page.emulateMedia({ colorScheme: 'dark' })
  const dark = () => axeFindings(page, ['color-contrast'])
  await expect.poll(dark, { message: `${name}, dark` }).toEqual([]) // colours change slowly
  await picture(page, `${name}-dark`)
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(TELEPHONE)
  // Tables measure themselves a moment later.
  await expect.poll(() => tooWide(page), { message: `${name}, narrow` }).toEqual([])
  await picture(page, `${name}-narrow`)
  await page.setViewportSize(DESK)
}

test(
  'every page can be read',
  async () => {
    const { page, troubles, context } = await xenkeep.at('/vms', { viewport: DESK })
    const menu = await linksOfMenu(page)
    expect(menu.length).toBeGreaterThan(8)
    const all = Object.entries(paths)
    for (const [name, path] of [...menu.map(one => [one.slice(1) || 'overview', one]), ...all]) {
      await go(page, path ?? '')
      expect(await page.getByRole('heading', { level: 1 }).count(), name).toBe(1)
      await isReadable(page, name ?? '')
    }
    expect(troubles).toEqual([])
    await context.close()
  },
  MOST_MS,
)

/** What opens on a page: a tab, a step or a dialogue, by the names of the buttons that lead there, one after the other. */
const openings = (): Record<string, [path: string, ...steps: string[]]> => ({
  'policy-points': [paths.policy, 'tab:Kept points'],
  'policy-runs': [paths.policy, 'tab:Runs'],
  'policy-missed': [paths.policy, 'tab:Missed times'],
  'policy-pause': [paths.policy, '^Actions for', 'item:Pause until'],
  'policy-delete': [paths.policy, '^Actions for', 'item:Delete'],
  'wizard-how': [paths['policy-edit'], 'Next'],
  'wizard-when': [paths['policy-edit'], 'Next', 'Next'],
  'wizard-keep': [paths['policy-edit'], 'Next', 'Next', 'Next'],
  'wizard-summary': [paths['policy-edit'], 'Next', 'Next', 'Next', 'Next', 'Next'],
  'wizard-tell': [paths['policy-edit'], 'Next', 'Next', 'Next', 'Next', 'Add a rule'],
  // What was typed there is told.
  'wizard-left': [paths['policy-edit'], 'text:What you typed is still here'],
  'restore-target': [paths['restore-of-point'], 'text:Chosen', 'Next'],
  'restore-options': [paths['restore-of-point'], 'text:Chosen', 'Next', 'Next'],
  'restore-plan': [
    paths['restore-of-point'],
    'text:Chosen',
    'Next',
    'Next',
    'Next',
    'text:at once',
  ],
  'run-retry': [paths['run-failed'], 'Try again what failed'],
  'vm-hold': [paths.vm, 'Legal holds', 'item:Place a legal hold'],
  'vm-release': [paths.vm, 'Legal holds', 'item:Release the hold'],
  'vm-backup': [paths.vm, 'Back up now'],
  'point-delete': [paths.vm, '^Actions for the point of', 'item:Delete'],
  'hold-place': [paths.holds, 'Place a hold'],
  'hold-release': [paths.holds, '^Release the hold on'],
  'guest-enrol': ['/guests', 'Enrol a guest', 'Make the code', 'tab:Windows'],
  'guest-backup': [paths.guest, '^Actions for files', 'item:Back up now'],
  'guest-drill': [paths.guest, '^Actions for sql-server', 'item:Read the drill'],
  'guest-tell': [paths.guest, '^Actions for sql-server', 'item:Tell of a drill'],
  'guest-original': [paths['guest-restore'], 'radio:Where it was, by the steps'],
  'gateway-enrol': ['/gateways', 'Enrol a gateway'],
  'gateway-revoke': ['/gateways', '^Actions for', 'item:Revoke'],
  'gateway-rename': ['/gateways', '^Actions for', 'item:Rename'],
  'repository-schedule': ['/repository', 'Change the schedule'],
  'repository-now': ['/repository', 'Look after it now'],
  'notifications-channels': ['/notifications', 'tab:Channels'],
  'notifications-channel': ['/notifications', 'tab:Channels', 'Add a channel'],
  'notifications-rules': ['/notifications', 'tab:Who hears of what'],
  'settings-tokens': ['/settings', 'tab:API tokens'],
  'settings-token': ['/settings', 'tab:API tokens', 'Make a token'],
})

const placeOf = (page: Page, step: string): Locator => {
  const [, kind, name = step] = /^(tab|item|radio|text):(.*)$/.exec(step) ?? []
  if (kind === 'tab') return page.getByRole('tab', { name })
  if (kind === 'item') return page.getByRole('menuitem', { name })
  if (kind === 'radio') return page.getByRole('radio', { name })
  if (kind === 'text') return page.getByText(name)
  if (step.startsWith('^')) return page.getByRole('button', { name: new RegExp(step) })
  return page.getByRole('button', { name: step, exact: true })
}

test(
  'what opens on a page can be read',
  async () => {
    const { page, troubles, context } = await xenkeep.at('/vms', { viewport: DESK })
    for (const [name, [path, ...steps]] of Object.entries(openings())) {
      await go(page, '/nowhere') // no page is kept from before
      await go(page, path)
      for (const step of steps) {
        const place = placeOf(page, step).first()
        if (step.startsWith('text:')) await place.waitFor()
        else await place.click()
      }
      await settled(page)
      await isReadable(page, name)
    }
    expect(troubles).toEqual([])
    await context.close()
  },
  MOST_MS,
)
