import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  axeFindings,
  openConsole,
  signIn,
  type TestConsole,
} from '#test/support/browser/console.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'

let machine: Machine
let xenkeep: TestConsole

beforeAll(async () => {
  machine = await startMachine({ web: [randomBytes(MiB)] })
  xenkeep = await openConsole(machine)
}, 60_000)
afterAll(async () => {
  await xenkeep?.close()
  await machine?.stop()
})

describe('a first visit', () => {
  test('asks for the password, refuses another one in a sentence, and goes to the page that was asked for', async () => {
    const { page, troubles } = await xenkeep.visit()
    await page.goto('/vms')
    await page.getByLabel('Password').fill('wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('That is not the password of this console.').waitFor()
    expect(await axeFindings(page)).toEqual([])
    await signIn(page, xenkeep.password)
    await page.getByRole('rowheader', { name: 'web' }).waitFor()
    expect(await axeFindings(page)).toEqual([])
    expect(troubles).toEqual([])
  })

  test('a session that ends in mid-work is taken up above the page', async () => {
    const { page } = await xenkeep.at('/vms')
    await page.getByRole('rowheader', { name: 'web' }).waitFor()
    await page.evaluate(() => localStorage.removeItem('xenkeep.session'))
    await page.getByRole('button', { name: /^Show/ }).click()
    await page.getByRole('option', { name: 'Unprotected ones' }).click()
    const dialog = page.getByRole('dialog', { name: 'Sign in again' })
    await dialog.getByLabel('Password').fill(xenkeep.password)
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Show Unprotected ones' }).waitFor()
  })

  test('signing out ends the session where it is kept, too', async () => {
    const { page } = await xenkeep.at('/vms')
    const token = await page.evaluate(
      () => JSON.parse(localStorage.getItem('xenkeep.session') ?? '{}').token as string,
    )
    const authorization = `Bearer ${token}`
    const call = () => fetch(`${xenkeep.url}/v1/caller`, { headers: { authorization } })
    expect((await call()).status).toBe(200)
    await page.getByRole('button', { name: /account and settings/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByLabel('Password').waitFor()
    expect((await call()).status).toBe(401)
  })
})

/** What a browser loads until a page stands, each file as gzip makes it. KiB. */
test('the first load is small', async () => {
  const { page } = await xenkeep.visit()
  const sizes: number[] = []
  page.on('response', response => {
    if (!response.url().includes('/assets/') && !response.url().endsWith('/')) return
    void response.body().then(body => sizes.push(gzipSync(body).length))
  })
  await page.goto('/')
  await signIn(page, xenkeep.password)
  await page.waitForLoadState('networkidle')
  const total = sizes.reduce((sum, size) => sum + size, 0) / 1024
  expect(sizes.length).toBeGreaterThan(2)
  expect(total).toBeLessThan(400)
})
