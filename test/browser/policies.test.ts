import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PolicyInput } from '#core/contracts/policies.ts'
import { axeFindings, openConsole, type TestConsole } from '#test/support/browser/console.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'

/*
 * Motivation: what is backed up, and for how long, is decided here. Nobody may lose what they typed, nor overwrite what somebody else decided without having seen it.
 * Steps: a VM is protected through the wizard with the keyboard alone; the policy is changed while somebody else changes it, while the session ends and while the
 * API refuses; it is run, copied, paused and deleted.
 * Passes when the API has what was typed, and the page told each time what happened.
 */

let machine: Machine
let xenkeep: TestConsole

beforeAll(async () => {
  machine = await startMachine({ web: [randomBytes(MiB)], db: [randomBytes(MiB)] })
  xenkeep = await openConsole(machine)
})
afterAll(async () => {
  await xenkeep?.close()
  await machine?.stop()
})

const policiesPage = (page: Page) => ({
  // An empty list offers the same twice.
  button: (name: string) => page.getByRole('button', { name, exact: true }).first(),
  heading: (name: string) => page.getByRole('heading', { level: 1, name }),
  async choose(policy: string, action: string) {
    await page.getByRole('button', { name: `Actions for ${policy}` }).click()
    await page.getByRole('menuitem', { name: action }).click()
  },
  dialog: (name: string) => page.getByRole('dialog', { name }),
  /** Goes there as somebody does who has no mouse. */
  async tabTo(where: Locator) {
    for (let presses = 0; presses < 60; presses++) {
      if ((await where.and(page.locator(':focus')).count()) > 0) return
      await page.keyboard.press('Tab')
    }
    throw new Error(`the keyboard does not lead to ${where}`)
  },
})

const make = (policy: Partial<PolicyInput> & { name: string }) =>
  machine.person.call('createPolicy', {
    body: { selection: { include: [{ names: ['w*'] }] }, retention: { daily: 7 }, ...policy },
  })
const saved = async (policyId: string) => machine.person.call('getPolicy', { params: { policyId } })
const named = async (name: string) =>
  (await machine.person.call('listPolicies')).items.find(({ policy }) => policy.name === name)

test('a VM is protected by a new policy with the keyboard alone', async () => {
  const { page, troubles } = await xenkeep.at('/policies')
  const { button, heading, tabTo } = policiesPage(page)
  const press = async (name: string) => {
    await tabTo(button(name))
    await page.keyboard.press('Enter')
  }
  await page.getByText('There is no policy').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await press('Create a policy')

  await heading('Which virtual machines').waitFor()
  // Nothing is said yet: it does not go on, and tells why at the fields.
  await press('Next')
  await page.getByText('2 things have to be corrected here.', { exact: true }).waitFor()
  await page.getByText('Give it a name of 1 to 200 characters.').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.reload()
  await heading('Which virtual machines').waitFor()
  await page.keyboard.type('Nightly <b>"web"</b> 🚀')
  await tabTo(page.getByLabel('With a name like'))
  await page.keyboard.type('w*')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Takes 1 of 2 VMs' }).waitFor()
  await page.getByText('Taken, because its name fits "w*".').waitFor()
  expect(await axeFindings(page)).toEqual([])

  for (const step of ['How', 'When', 'How long', 'Who hears of it', 'Summary']) {
    await press('Next')
    await heading(step).waitFor()
    if (step === 'When')
      await expect.poll(() => page.getByText(/^\d{4}-\d\d-\d\d 22:00 CES?T$/).count()).toBe(5)
    if (step === 'How long') await page.getByText(/points made of each VM until then/).waitFor()
    if (step === 'Summary') await page.getByText('daily at 22:00 (Europe/Berlin)').waitFor()
    expect(await axeFindings(page), step).toEqual([])
  }
  await page.getByText(/About \d+\.\d\d USD a month/).waitFor()
  await press('Create a policy')
  await heading('Nightly <b>"web"</b> 🚀').waitFor()
  await page.getByRole('heading', { name: 'Takes 1 of 2 VMs' }).waitFor()
  expect(await page.getByText('lso backed up by').count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  const [made] = (await machine.person.call('listPolicies')).items
  expect(made?.policy).toMatchObject({
    selection: { include: [{ names: ['w*'] }] },
    schedule: { cron: '0 22 * * *', timeZone: 'Europe/Berlin' },
    retention: { daily: 7, weekly: 4, monthly: 12 },
  })

  // It backs up, and its points are seen day by day.
  const { policyId = '' } = made?.policy ?? {}
  const { runId } = await machine.person.call('startRun', { body: { kind: 'policy', policyId } })
  await machine.finished(runId)
  await page.getByRole('tab', { name: 'Kept points' }).click()
  await page.getByText('All its points of this VM stay for now: 1.').waitFor()
  await page.getByText('stands for its month').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('tab', { name: 'Missed times' }).click()
  await page.getByText('It missed no time').waitFor()
  expect(troubles).toEqual([])
})

test('a policy that somebody else changed meanwhile: what changed is shown, what was typed stays', async () => {
  const { policy } = await make({
    name: 'Weekly',
    hooks: { after: { script: 'tidy-up', timeoutSeconds: 60 } },
    excludeDisks: [{ names: ['scratch*'], ofVms: ['w*'] }],
  })
  const { page, troubles } = await xenkeep.at(`/policies/${policy.policyId}/edit`)
  const { button, heading } = policiesPage(page)
  await page.getByLabel('Description').fill('Typed with care')
  const { policyId, ...input } = policy
  await machine.person.call('putPolicy', {
    params: { policyId },
    body: { version: 1, policy: { ...input, retention: { daily: 9, atLeast: 1 } } },
  })
  for (const step of ['How', 'When', 'How long', 'Who hears of it', 'Summary']) {
    await button('Next').click()
    await heading(step).waitFor()
  }
  await button('Save the policy').click()
  await page.getByText(/ changed this policy while you worked on it/).waitFor()
  await page.getByText('retention.daily: 9 instead of 7').waitFor()
  await page.getByText('description: "Typed with care", new').waitFor()
  await expect.poll(() => axeFindings(page)).toEqual([]) // it is faded in
  await button('Take over what I did not change').click()
  await page.getByText('Their changes are in. Look through it, and save again.').waitFor()
  await page.getByText('9 daily').waitFor()
  await button('Save the policy').click()
  await heading('Weekly').waitFor()
  // What no step was asked about is as it was.
  expect((await saved(policyId)).policy).toEqual({
    ...{ ...policy, description: 'Typed with care' },
    retention: { daily: 9, atLeast: 1 },
  })
  expect(troubles).toEqual([])
})

test('an ended session and a refused save lose nothing that was typed', async () => {
  const { policy } = await make({ name: 'Taken' })
  const { page } = await xenkeep.at('/policies/new')
  const { button, dialog, heading } = policiesPage(page)
  await page.getByLabel('Name of the policy').fill('taken')
  await page.getByLabel('Every virtual machine').check()
  await page.getByRole('heading', { name: 'Takes 2 of 2 VMs' }).waitFor()
  await button('Next').click()
  await button('Next').click()
  await page.evaluate(() => localStorage.removeItem('xenkeep.session'))
  await page.getByLabel('At', { exact: true }).fill('03:15')
  const again = dialog('Sign in again')
  await again.getByLabel('Password').fill(xenkeep.password)
  await page.keyboard.press('Enter')
  await again.waitFor({ state: 'detached' })
  await expect.poll(() => page.getByText(/ 03:15 CES?T$/).count()).toBe(5)
  await page.getByRole('button', { name: 'Go to Summary' }).click()
  await page.getByText('daily at 03:15 (Europe/Berlin)').waitFor()

  // The API breaks, and then the name turns out to be taken.
  await page.route('**/v1/policies', route => route.abort())
  await button('Create a policy').click()
  await page.getByText('CONTROL_PLANE_UNREACHABLE').waitFor({ timeout: 30_000 })
  await page.unroute('**/v1/policies')
  await button('Create a policy').click()
  await page.getByText('There is another policy called "taken".').waitFor()
  await page.getByRole('button', { name: /Which virtual machines/ }).click()
  await page.getByLabel('Name of the policy').fill('Everything')
  await page.getByRole('button', { name: 'Go to Summary' }).click()
  await button('Create a policy').click()
  await heading('Everything').waitFor()
  expect((await named('Everything'))?.policy).toMatchObject({
    selection: { include: [{ all: true }] },
    schedule: { cron: '15 3 * * *' },
  })
  expect((await saved(policy.policyId)).version).toBe(1)
})

test('a policy is run, paused, copied, downloaded and deleted from the list', async () => {
  const { policy } = await make({ name: 'Hourly' })
  const { page, troubles } = await xenkeep.at('/policies')
  const { button, choose, dialog, heading } = policiesPage(page)
  const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'Hourly' }) })
  await choose('Hourly', 'Run now')
  await page.getByText('A run of Hourly was started.').waitFor()
  const [run] = (await machine.person.call('listRuns')).items
  await machine.finished(run?.runId ?? '')
  await page.reload()
  await row.getByText('Succeeded').waitFor()

  await choose('Hourly', 'Pause until')
  await dialog('Pause Hourly').getByLabel('Date').fill('2099-01-01')
  expect(await axeFindings(page)).toEqual([])
  await page.keyboard.press('Enter')
  await row.getByText('Paused until').waitFor()
  expect((await saved(policy.policyId)).policy.pausedUntil).toBe(Date.parse('2099-01-01T05:00Z'))
  await choose('Hourly', 'End the pause')
  await row.getByText('Enabled').waitFor()
  await choose('Hourly', 'Disable')
  await row.getByText('Disabled').waitFor()

  const [file] = await Promise.all([
    page.waitForEvent('download'),
    choose('Hourly', 'Download as YAML'),
  ])
  expect(file.suggestedFilename()).toBe('Hourly.yaml')
  expect(await readFile(await file.path(), 'utf8')).toMatch(/^name: Hourly\n/)

  await choose('Hourly', 'Duplicate')
  await heading('Which virtual machines').waitFor()
  expect(await page.getByLabel('Name of the policy').inputValue()).toBe('Copy of Hourly')
  await button('Cancel').click()

  await choose('Hourly', 'Delete')
  const remove = dialog('Delete Hourly')
  expect(await remove.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true)
  await remove.getByLabel('To confirm').fill('Hourly')
  await page.keyboard.press('Enter')
  await page.getByText(/Hourly is deleted\. The policy does not run any more\./).waitFor()
  await row.waitFor({ state: 'detached' })
  expect(await named('Hourly')).toBeUndefined()
  expect(troubles).toEqual([])
})
