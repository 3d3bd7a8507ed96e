import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  axeFindings,
  openConsole,
  signIn,
  type TestConsole,
} from '#test/support/browser/console.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'

/*
 * Motivation: a policy takes minutes to write, and the menu is one click away.
 * Steps: a policy is begun, the page is reloaded, then left by the menu; somebody else looks at the same tab; it is saved; another is begun, and the person signs out.
 * Passes when it is offered again to whoever typed it until it is saved or given up, and to nobody else.
 */

let machine: Machine
let xenkeep: TestConsole

beforeAll(async () => {
  machine = await startMachine({ web: [randomBytes(MiB)] })
  xenkeep = await openConsole(machine)
})
afterAll(async () => {
  await xenkeep?.close()
  await machine?.stop()
})

test('what was typed into the wizard is there again until it is saved, and never for another person', async () => {
  const { page, troubles } = await xenkeep.at('/policies/new')
  page.on('dialog', dialog => void dialog.accept())
  const name = page.getByLabel('Name of the policy')
  const kept = page.getByRole('heading', { level: 1, name: 'What you typed is still here' })
  const button = (called: string) => page.getByRole('button', { name: called, exact: true }).first()

  await name.fill('Begun <b>"1"</b>')
  await page.getByLabel('Every virtual machine').check()
  await page.reload()
  await kept.waitFor()
  await page
    .getByText(/^"Begun <b>"1"<\/b>", changed last at \d{4}-\d\d-\d\d .* is not saved/)
    .waitFor()
  expect(await axeFindings(page)).toEqual([])
  await button('Continue').click()
  expect(await name.inputValue()).toBe('Begun <b>"1"</b>')

  for (const step of ['How', 'When', 'How long']) {
    await button('Next').click()
    await page.getByRole('heading', { level: 1, name: step }).waitFor()
  }
  await page.getByLabel('Daily').fill('')
  await page.getByRole('link', { name: 'Runs', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Runs' }).waitFor()

  // Another one who signs in at this browser has typed nothing.
  await page.route('**/v1/caller', route =>
    route.fulfill({ json: { name: 'eve', role: 'administrator' } }),
  )
  await page.goto('/policies/new')
  await page.getByRole('heading', { level: 1, name: 'Which virtual machines' }).waitFor()
  expect(await name.inputValue()).toBe('')
  await page.unroute('**/v1/caller')

  await page.goto('/policies/new')
  await button('Continue').click()
  expect(await name.inputValue()).toBe('Begun <b>"1"</b>')
  await page.getByRole('button', { name: 'Go to Summary' }).click()
  await button('Create a policy').click()
  await page.getByRole('heading', { level: 1, name: 'Begun <b>"1"</b>' }).waitFor()
  const [made] = (await machine.person.call('listPolicies')).items
  expect(made?.policy.retention).toEqual({ weekly: 4, monthly: 12, atLeast: 1 })

  // Saved while somebody looks elsewhere: they hear of it, and are not asked to make it again.
  let isAsked = false
  let answer = () => {}
  const isWanted = new Promise<void>(resolve => {
    answer = resolve
  })
  await page.route('**/v1/policies', async route => {
    if (route.request().method() === 'POST') {
      isAsked = true
      await isWanted
    }
    await route.fallback()
  })
  await page.goto('/policies/new')
  await name.fill('Saved elsewhere')
  await page.getByLabel('Every virtual machine').check()
  await page.getByRole('button', { name: 'Go to Summary' }).click()
  await button('Create a policy').click()
  await expect.poll(() => isAsked).toBe(true)
  await page.getByRole('link', { name: 'Runs', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Runs' }).waitFor()
  answer()
  await page.getByText('The policy Saved elsewhere is there.').waitFor()
  expect(new URL(page.url()).pathname).toBe('/runs')
  await page.unroute('**/v1/policies')
  await page.goto('/policies/new')
  await page.getByRole('heading', { level: 1, name: 'Which virtual machines' }).waitFor()

  // Saved, given up or signed out: it is gone.
  await page.goto('/policies/new')
  await name.fill('Another')
  await button('Cancel').click()
  await page.getByRole('heading', { level: 1, name: 'Policies' }).waitFor()
  await page.goto('/policies/new')
  expect(await name.inputValue()).toBe('')
  await name.fill('A third')
  await page.reload()
  await button('Start anew').click()
  expect(await name.inputValue()).toBe('')
  await name.fill('A fourth')
  await page.getByRole('button', { name: /account and settings/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByLabel('Password').waitFor()
  expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toContain('fourth')
  await signIn(page, xenkeep.password)
  await page.goto('/policies/new')
  expect(await name.inputValue()).toBe('')
  expect(troubles).toEqual([])
})

test('whose role does not suffice is told so before anything is typed', async () => {
  const { page } = await xenkeep.visit()
  await page.route('**/v1/caller', route =>
    route.fulfill({ json: { name: 'ann', role: 'viewer' } }),
  )
  await page.goto('/policies/new')
  await page.getByLabel('Password').fill(xenkeep.password)
  await page.keyboard.press('Enter')
  await page.getByText('Your role may not do this: it takes the role operator.').waitFor()
  await page.getByRole('heading', { level: 1, name: 'New policy' }).waitFor()
  expect(await page.getByLabel('Name of the policy').count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  await page.goto('/restore')
  await page.getByText('it takes the role operator.').waitFor()
})
