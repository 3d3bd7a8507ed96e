import { randomBytes } from 'node:crypto'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  axeFindings,
  openConsole,
  picture,
  type TestConsole,
} from '#test/support/browser/console.ts'
import { enrolFakeGateway, gatewayClient, poolOf } from '#test/support/fake-gateway.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { manyVms, NASTY_NAMES } from '#test/support/many-vms.ts'

/*
 * Motivation: this list is opened every morning, on sites of thousands of VMs, and the page of a VM when something is wrong with it.
 * Steps: 5,000 VMs, some with names that hurt, are searched, narrowed and paged; some are chosen and backed up; a VM whose disk was encrypted between two backups is
 * looked at, its points are held, and one is deleted.
 * Passes when each is found, what was started is told and happened, the encrypted one is marked, and no name was executed.
 */

const VMS = 5_000
const DISK = 32 * MiB

let machine: Machine
let xenkeep: TestConsole

beforeAll(async () => {
  machine = await startMachine({ web: [randomBytes(MiB)], db: [Buffer.alloc(DISK, 'record ')] })
  const uuid = String(machine.pool.vms.db)
  for (let round = 0; round < 6; round++) {
    machine.write(uuid, 0, round * MiB, Buffer.alloc(65_536, `round ${round} `))
    await machine.backup('db')
  }
  machine.write(uuid, 0, 0, randomBytes(DISK / 2))
  await machine.backup('db')
  xenkeep = await openConsole(machine)
  const { code } = await machine.person.call('createEnrolmentCode', { body: {} })
  const identity = await enrolFakeGateway(xenkeep.url, code, 'large site')
  await gatewayClient(xenkeep.url, identity).call('putInventory', {
    params: { gatewayId: identity.gatewayId },
    body: { pools: [{ ...poolOf(), name: 'large pool', vms: manyVms(VMS) }] },
  })
}, 90_000)
afterAll(async () => {
  await xenkeep?.close()
  await machine?.stop()
})

const vmsPage = (page: Page) => ({
  search: (text: string) => page.getByLabel('Search by name or UUID').fill(text),
  async narrow(by: string, to: RegExp) {
    await page.getByRole('button', { name: new RegExp(`^${by}`) }).click()
    await page.getByRole('option', { name: to }).click()
  },
  vm: (name: string) => page.getByRole('link', { name, exact: true }),
  heading: (text: string) => page.getByRole('heading', { level: 1, name: text }),
  dialog: (name: string) => page.getByRole('dialog', { name }),
})

test('5,000 VMs are searched, narrowed and paged, whatever they are called', async () => {
  const { page, troubles } = await xenkeep.at('/vms')
  const { search, narrow, vm, heading } = vmsPage(page)
  await heading('Virtual machines (5,002)').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'vms')

  await search('vm-4321')
  await vm('vm-4321').waitFor()
  await heading('Virtual machines (1)').waitFor()
  for (const name of [NASTY_NAMES[0], NASTY_NAMES[2], NASTY_NAMES[4]]) {
    await search(name)
    await vm(name).waitFor()
  }
  expect(await page.evaluate(() => 'hurt' in globalThis)).toBe(false)
  await picture(page, 'vms-nasty')

  await search('no such machine')
  await page.getByText('Nothing matches').waitFor()
  await page.getByRole('button', { name: 'Clear the filters' }).click()
  await heading('Virtual machines (5,002)').waitFor()

  await narrow('Tag', /^prod \(500\)$/)
  await heading('Virtual machines (500)').waitFor()
  await page.reload()
  await heading('Virtual machines (500)').waitFor()
  await page.getByRole('button', { name: 'Next page' }).click()
  await vm('vm-990').waitFor()

  await page.goto('/vms?show=unusual')
  await vm('db').waitFor()
  await heading('Virtual machines (1)').waitFor()
  await page.getByText(/Possible ransomware/).waitFor()
  expect(troubles).toEqual([])
})

test('VMs are chosen and backed up; the run is told', async () => {
  const { page, troubles } = await xenkeep.at('/vms?search=web')
  const { vm, dialog } = vmsPage(page)
  await vm('web').waitFor()
  await page.getByRole('checkbox', { name: 'Choose web' }).check()
  await page.getByRole('button', { name: 'Back up now (1)' }).click()
  const asked = dialog('Back up web now')
  await asked.getByRole('radio', { name: 'Quiesced' }).check()
  await asked.getByRole('radio', { name: 'Take a crash-consistent point' }).check()
  expect(await axeFindings(page)).toEqual([])
  await asked.getByRole('button', { name: 'Start the backup' }).click()
  await page.getByText('The backup of 1 virtual machine was started.').waitFor()
  const { items } = await machine.person.call('listRuns')
  const run = await machine.finished(items[0]?.runId ?? '')
  expect(run.run.state).toBe('succeeded')
  expect(run.jobs[0]?.spec).toMatchObject({ method: 'quiesced', fallback: 'crash' })
  expect(troubles).toEqual([])
})

test('a VM that was encrypted: what is told of it, a hold, and a point that is deleted', async () => {
  const { page, troubles } = await xenkeep.at('/vms?search=db')
  const { vm, heading, dialog } = vmsPage(page)
  await vm('db').click()
  await heading('db').waitFor()
  await page
    .getByText(/Possible ransomware: encryption leaves such figures/)
    .first()
    .waitFor()
  await page.getByText('No policy protects this virtual machine').waitFor()
  await page.getByRole('heading', { name: 'How it changes' }).waitFor()
  await page.getByText('Only what changed').first().waitFor()
  expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
  expect(await axeFindings(page)).toEqual([])
  await picture(page, 'vm')

  const { items } = await machine.person.call('listPoints', { query: { vm: 'db' } })
  expect(items).toHaveLength(7)
  const actions = page.getByRole('button', { name: /^Actions for the point of/ })
  await actions.last().click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  const deletion = dialog('Delete a recovery point')
  const button = deletion.getByRole('button', { name: 'Delete for ever' })
  await deletion.getByLabel('To confirm').fill('db')
  expect(await button.isDisabled()).toBe(true)
  await deletion.getByLabel('Why').fill('no more room')
  await button.click()
  await page.getByText('The deletion was started.').waitFor()

  await page.getByRole('button', { name: 'Legal holds' }).click()
  await page.getByRole('menuitem', { name: 'Place a legal hold' }).click()
  const hold = dialog('Hold all points of db')
  await hold.getByLabel('Why').fill('attack of <b>Friday</b>')
  await hold.getByLabel('The first day').fill('2020-01-01')
  await hold.getByText('Give a day to come, as 2027-12-31.').waitFor()
  await hold.getByLabel('The first day').fill('')
  await page.keyboard.press('Enter')
  await page.getByText('The hold stands.').waitFor()
  await page.getByText('attack of <b>Friday</b>').waitFor()
  expect((await machine.person.call('listHolds')).items).toMatchObject([{ vmName: 'db' }])

  await page.getByText(/^The newest point from before it stays/).waitFor()
  await page.getByRole('button', { name: 'I know why' }).click()
  const why = dialog('Why it changed unusually')
  await why.getByLabel('Why').fill('an <b>archive</b> came')
  expect(await axeFindings(page)).toEqual([])
  await page.keyboard.press('Enter')
  await page.getByText('Noted. Each other unusual change is told for itself.').waitFor()
  await page.getByText('owner: an <b>archive</b> came').waitFor()
  await page.getByText(/^The newest point from before it stays/).waitFor({ state: 'hidden' })
  await page.goto('/vms?show=unusual')
  await page.getByText('Nothing matches').waitFor()
  expect(troubles).toEqual([])
})
