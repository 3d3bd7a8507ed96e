import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { backUpSite } from '#test/support/browser/back-up-site.ts'
import { axeFindings, openConsole, type TestConsole } from '#test/support/browser/console.ts'
import { FAULTS } from '#test/support/browser/faults.ts'
import {
  type HurriedVisit,
  hurriedVisit,
  isGone,
  isShown,
  LOADING,
  type SignedIn,
} from '#test/support/browser/hurried-visit.ts'
import {
  enrolFakeGateway,
  gatewayClient,
  POOL,
  poolOf,
  vmUuid,
} from '#test/support/fake-gateway.ts'
import { type GuestOfMachine, guestOf } from '#test/support/guest-of-machine.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { manyVms, NASTY_NAMES } from '#test/support/many-vms.ts'

/*
 * Motivation: the console is opened when something is wrong already, and often what is wrong is on its own way to the control plane.
 * Steps: every page of console/pages/pages.ts meets each fault of a table, at its first look and while it is open; every form meets them when it is sent; pages show
 * names that hurt, to a browser whose clock is wrong.
 * Passes when each page keeps its headline, says what is wrong and what to do, heals by itself or at a press of a button, nothing breaks or runs, and nothing typed is lost.
 */

// Each test goes through every page, some with a look of axe at each.
vi.setConfig({ testTimeout: 300_000 })

let machine: Machine
let xenkeep: TestConsole
let guest: GuestOfMachine
let state: SignedIn
let paths: string[]
/** What stands for the parameters of pages, of things that are there. */
const ids: Record<string, string> = {}

const NASTY = NASTY_NAMES[0]
const SR = { uuid: vmUuid(77), name: NASTY, type: 'ext', size: 1, used: 0, isDefault: true }
const LONG = 'x'.repeat(200)

beforeAll(async () => {
  machine = await startMachine({ web: [randomBytes(MiB)], ddc: [randomBytes(MiB)] })
  const point = await machine.backup('web')
  const { code } = await machine.person.call('createEnrolmentCode', { body: {} })
  const { url } = JSON.parse(
    await readFile(machine.site.file('control', 'endpoint.json'), 'utf8'),
  ) as { url: string }
  await inventoryOf(url, code)
  const made = await machine.person.call('createPolicy', {
    body: {
      ...{ name: `${NASTY} \u202E🚀`, description: LONG },
      ...{ selection: { include: [{ names: ['*'] }] }, retention: { daily: 7 } },
    },
  })
  await machine.person.call('createToken', { body: { name: NASTY, role: 'viewer' } })
  await machine.person.call('createChannel', {
    body: {
      ...{ name: `${NASTY}${LONG}`.slice(0, 60) },
      to: { kind: 'webhook', url: 'https://example.org/', secret: 'signature' },
    },
  })
  await machine.person.call('placeHold', {
    body: { on: { vmUuid: point.vmUuid }, reason: `${NASTY} ${LONG}` },
  })
  const { items: runs } = await machine.person.call('listRuns')
  const { items: gateways } = await machine.person.call('listGateways')
  const { replicaId } = await machine.person.call('putReplica', {
    body: { vm: point.vmUuid, pool: POOL },
  })
  guest = await guestOf(machine, { name: `${NASTY} guest`, recipes: { 'sql-server': {} } })
  Object.assign(ids, {
    guestUuid: guest.guestUuid,
    componentPointId: await guest.backup(),
    vmUuid: point.vmUuid,
    policyId: made.policy.policyId,
    runId: runs[0]?.runId,
    gatewayId: gateways[0]?.gatewayId,
    pointId: point.pointId,
    replicaId,
    ...(await backUpSite(machine, `${NASTY} site`, 'ddc')),
  })
  const source = await readFile('console/pages/pages.ts', 'utf8')
  paths = [...source.matchAll(/path: '([^']+)'/g)].map(([, path = '']) =>
    path.replace(/:(\w+)/g, (_, name: string) => {
      if (ids[name] === undefined) throw new Error(`say what stands for :${name}`)
      return ids[name]
    }),
  )
  xenkeep = await openConsole(machine)
  const { page, context } = await xenkeep.at('/settings')
  state = await context.storageState()
  await page.close()
  await context.close()
}, 90_000)
afterAll(async () => {
  await xenkeep?.close()
  await guest?.stop()
  await machine?.stop()
})

/** VMs with names that hurt, of a gateway that does nothing. */
const inventoryOf = async (url: string, code: string): Promise<void> => {
  const identity = await enrolFakeGateway(url, code, `${NASTY} 🚀`)
  await gatewayClient(url, identity).call('putInventory', {
    params: { gatewayId: identity.gatewayId },
    body: {
      pools: [{ ...poolOf(), name: NASTY, srs: [SR], vms: manyVms(NASTY_NAMES.length) }],
    },
  })
}

/** Pages that ask nothing before somebody has said something. */
const SILENT = ['/policies/new']
/** What they ask for was asked for by a page before them, and is shown at once. */
const KNOWN = ['/files', '/replication/new']

/** Where the test before left off: loading the console and the code of its pages anew took longer than most else here. One that failed leaves nothing. */
let left: HurriedVisit | undefined
const visit = async () => {
  const here = left ?? (await hurriedVisit(xenkeep, state))
  left = undefined
  await here.forget()
  return {
    ...here,
    async leave() {
      expect(here.troubles).toEqual([])
      left = here
    },
  }
}

describe('a page that is opened meets', () => {
  test.for(FAULTS)('$name', async ({ name, answer, says, advises }) => {
    const { page, leave, go, inTime, spoil, heal, heals } = await visit()
    for (const path of paths) {
      await spoil(answer)
      await go(path)
      if (!SILENT.includes(path)) {
        await inTime(`${path} says ${says}`, isShown(page.getByText(says)))
        await inTime(`${path} advises ${advises}`, isShown(page.getByText(advises)))
        const again = page.getByRole('button', { name: /^(Try|Look) again$/ })
        await inTime(`${path} can be looked at again`, isShown(again))
      }
      expect(await page.getByRole('heading', { level: 1 }).count(), path).toBe(1)
      if (name === '500') expect(await axeFindings(page), path).toEqual([])
      await heal()
      await heals(path)
      expect(await page.getByRole('heading', { level: 1 }).count(), path).toBe(1)
    }
    await leave()
  })
})

/** What is typed does not change by itself, nor does a run that has ended. */
const looksOnce = (path: string): boolean =>
  /^\/restore|^\/policies\/(new|\w+\/edit)|^\/sites\/new|^\/guests\/.+\/restore|^\/runs\/./.test(
    path,
  )

describe('a page that is open', () => {
  test('keeps what it shows while nobody answers, and goes on by itself', async () => {
    const { page, leave, go, inTime, heals, loaded, headings, spoil, heal } = await visit()
    for (const path of paths.filter(path => !looksOnce(path))) {
      await go(path)
      await loaded()
      const before = await headings()
      await spoil(route => route.abort('internetdisconnected'))
      await page.clock.fastForward(60_000)
      await inTime(`${path} says it`, isShown(page.getByText(/does not answer/)))
      expect(await headings(), path).toEqual(expect.arrayContaining(before))
      await heal()
      await heals(path)
      expect(await headings(), path).toEqual(expect.arrayContaining(before))
    }
    await leave()
  })

  test('has the person sign in above it when the session is over, and stays where it is', async () => {
    const { page, leave, go, inTime, loaded, headings } = await visit()
    for (const path of paths) {
      await go(path)
      await loaded()
      const before = await headings()
      await page.evaluate(() => localStorage.removeItem('xenkeep.session'))
      await page.clock.fastForward(60_000)
      const dialog = page.getByRole('dialog', { name: 'Sign in again' })
      await inTime(`${path} asks`, isShown(dialog))
      if (path === '/') expect(await axeFindings(page)).toEqual([])
      await dialog.getByLabel('Password').fill(xenkeep.password)
      await page.keyboard.press('Enter')
      await inTime(`${path} goes on`, isGone(dialog))
      await loaded()
      expect(new URL(page.url()).pathname).toBe(path)
      expect(await headings(), path).toEqual(expect.arrayContaining(before))
    }
    await leave()
  })

  test('waits in words for answers that take ten seconds', async () => {
    const { page, leave, go, loaded, spoil, heal } = await visit()
    const known = [...SILENT, ...KNOWN, `/sites/${ids.siteId}/edit`]
    for (const path of paths.filter(path => !known.includes(path))) {
      const held: (() => Promise<void>)[] = []
      await spoil(async route => {
        held.push(() => route.continue().catch(() => undefined))
      })
      await go(path)
      await page.getByText(LOADING).first().waitFor()
      await page.clock.fastForward(10_000)
      expect(await page.getByText(LOADING).count(), path).toBeGreaterThan(0)
      expect(await page.getByText(/^Code: /).count(), path).toBe(0)
      await heal()
      await Promise.all(held.map(release => release()))
      await loaded()
      expect(await page.getByText(/^Code: /).count(), path).toBe(0)
    }
    await leave()
  })
})

test.for([-1, 1])(
  'times are those of the control plane: a browser whose clock is off by %i h',
  async hours => {
    const { page, troubles, context, go, loaded } = await hurriedVisit(xenkeep, state, {
      at: Date.now() + hours * 3_600_000,
    })
    for (const path of ['/vms?search=web', `/vms/${ids.vmUuid}`, '/runs', '/gateways']) {
      await go(path)
      await loaded()
      await page
        .getByText(/just now|minutes? ago/)
        .first()
        .waitFor()
      expect(
        await page.getByText(/^(1 hour ago|in (an|1|\d+) (hour|minute)s?)$/).count(),
        path,
      ).toBe(0)
    }
    expect(troubles).toEqual([])
    await context.close()
  },
)

test.for([1280, 400])('names that hurt are names, on a screen of %i pixels', async width => {
  const wrong: object[] = []
  const { page, leave, go, loaded } = await visit()
  await page.setViewportSize({ width, height: 900 })
  for (const path of paths) {
    await go(path)
    await loaded()
    const { hurt, overflow } = await page.evaluate<{ hurt: boolean; overflow: number }>(
      `(({ scrollWidth, clientWidth }) => ({ hurt: 'hurt' in globalThis, overflow: scrollWidth - clientWidth }))(document.documentElement)`,
    )
    if (hurt || overflow > 0) wrong.push({ path, hurt, overflow })
    if (width === 1280) expect(await axeFindings(page), path).toEqual([])
  }
  expect(wrong).toEqual([])
  await leave()
})

test('a page whose code cannot be loaded says so, and is there after a load', async () => {
  const { page, context, go } = await hurriedVisit(xenkeep, state)
  await page.route('**/assets/audit-page*', route => route.abort('internetdisconnected'))
  await page.evaluate(`history.pushState(null, '', '/audit')`)
  await page.getByText('This page broke').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.unroute('**/assets/audit-page*')
  await page.getByRole('button', { name: 'Load the page again' }).click()
  await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor()
  await go('/')
  await context.close()
})

interface Form {
  name: string
  path: () => string
  open: (page: Page) => Promise<void>
  /** Where something is typed, and what. */
  typed: readonly (readonly [label: string | RegExp, text: string])[]
  send: string
  call: string
}

const press = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name }).first().click()
const choose = async (page: Page, menu: string | RegExp, item: string) => {
  await press(page, menu)
  await page.getByRole('menuitem', { name: item }).click()
}

const FORMS: readonly Form[] = [
  {
    ...{ name: 'a new name of a gateway', path: () => '/gateways', send: 'Rename' },
    open: page => choose(page, /^Actions for (?!<)/, 'Rename'),
    typed: [['New name', 'Keller "2" 🚀']],
    call: '**/v1/gateways/*/rename',
  },
  {
    ...{ name: 'a channel', path: () => '/notifications', send: 'Save' },
    open: async page => {
      await page.getByRole('tab', { name: 'Channels' }).click()
      await press(page, 'Add a channel')
    },
    typed: [
      [/^Name/, 'night shift'],
      [/^Sender/, 'a@example.org'],
      [/^Receivers/, 'b@example.org'],
      [/^Host/, 'mail.example.org'],
    ],
    call: '**/v1/channels',
  },
  {
    ...{ name: 'a token', path: () => '/settings', send: 'Make it' },
    open: async page => {
      await page.getByRole('tab', { name: 'API tokens' }).click()
      await press(page, 'Make a token')
    },
    typed: [
      ['Who will use it', 'monitoring'],
      [/^Works for/, '90'],
    ],
    call: '**/v1/tokens',
  },
  {
    ...{ name: 'a legal hold', path: () => `/vms/${ids.vmUuid}`, send: 'Place it' },
    open: page => choose(page, 'Legal holds', 'Place a legal hold'),
    typed: [
      ['Why', 'court "4" <b>'],
      [/^The first day/, '2099-12-31'],
    ],
    call: '**/v1/holds',
  },
  {
    ...{
      name: 'the deletion of a policy',
      path: () => `/policies/${ids.policyId}`,
      send: 'Delete',
    },
    open: page => choose(page, /^Actions for/, 'Delete'),
    typed: [['To confirm', `${NASTY} \u202E🚀`]],
    call: '**/v1/policies/*?version=*',
  },
]

const SENT = FAULTS.filter(({ name }) => !['403', '404'].includes(name))

test.for(FORMS)('what is typed stays, whatever becomes of it: $name', async form => {
  const { page, leave, go, inTime } = await visit()
  await go(form.path())
  await form.open(page)
  const dialog = page.getByRole('dialog').filter({ hasText: form.send })
  for (const [label, text] of form.typed) await dialog.getByLabel(label).first().fill(text)
  const send = () => dialog.getByRole('button', { name: form.send, exact: true }).last().click()
  const isThere = async (when: string) => {
    for (const [label, text] of form.typed)
      expect(await dialog.getByLabel(label).first().inputValue(), when).toBe(text)
  }
  for (const { name, answer, says, advises } of SENT) {
    await page.route(form.call, route =>
      route.request().method() === 'GET' ? route.fallback() : answer(route),
    )
    await send()
    await inTime(`${name} is told`, isShown(dialog.getByText(says)))
    await inTime(`${name}: what to do`, isShown(dialog.getByText(advises)))
    await isThere(name)
    await page.unroute(form.call)
  }
  expect(await axeFindings(page)).toEqual([])

  // At one moment: a look that the page takes by itself would find it out first.
  await dialog
    .getByRole('button', { name: form.send, exact: true })
    .last()
    .evaluate(button => {
      localStorage.removeItem('xenkeep.session')
      ;(button as unknown as { click: () => void }).click()
    })
  const again = page.getByRole('dialog', { name: 'Sign in again' })
  await again.getByLabel('Password').fill(xenkeep.password)
  await page.keyboard.press('Enter')
  await inTime('the form is back', isGone(again))
  await isThere('signed in again')
  await send()
  await inTime('it is done', isGone(dialog.getByLabel(form.typed[0]?.[0] ?? '')))
  await leave()
})
