import { expect, test } from 'vitest'
import { guardApprover } from '#core/access/approval.ts'
import { isMeant, isPerson, nameOf } from '#core/access/who.ts'

const ID = '9f1c3f0e-0000-4000-8000-00000000a11e'
const ann = { name: nameOf(ID, 'ann@example.org'), id: ID, role: 'administrator' as const }

test('a name is the mail address with the id, which is never cut off', () => {
  expect(ann.name).toBe(`ann@example.org (${ID})`)
  expect(nameOf(ID, undefined)).toBe(ID)
  expect(nameOf(ID, ' \n')).toBe(ID)
  const long = nameOf(ID, `${'x'.repeat(300)}@example.org`)
  expect(long.length).toBeLessThanOrEqual(200)
  expect(isPerson(long, ann)).toBe(true)
  // Of who comes from another provider the id may have 128 characters (Cognito).
  const foreign = `Entra_${'y'.repeat(122)}`
  const longest = nameOf(foreign, `${'x'.repeat(68)}😀${'x'.repeat(200)}@example.org`)
  expect(longest.length).toBeLessThanOrEqual(200)
  expect(longest.isWellFormed()).toBe(true)
  expect(isPerson(longest, { name: 'new', id: foreign })).toBe(true)
  // Nobody becomes somebody else by his address.
  expect(isPerson(nameOf('other', `x (${ID})`), ann)).toBe(false)
})

test('who asked for a restore does not approve it under another mail address, or as records named them before', () => {
  const approval = { needs: 'operator' as const, because: 'x', otherPerson: true as const }
  const refused = expect.objectContaining({ code: 'APPROVAL_REFUSED' })
  for (const askedBy of [ann.name, ID, nameOf(ID, 'old@example.org')]) {
    expect(() => guardApprover({ ...approval, askedBy }, ann)).toThrow(refused)
    const through = { ...approval, askedBy: 'tickets (01J)', askedThrough: askedBy }
    expect(() => guardApprover(through, ann)).toThrow(refused)
  }
  expect(() => guardApprover({ ...approval, askedBy: 'bob@example.org (b)' }, ann)).not.toThrow()
})

test.each([
  [ann.name, true],
  ['ann@example.org', true],
  [ID, true],
  ['ann', false],
  ['example.org', false],
])('records of %s are found: %s', (wanted, found) => {
  expect(isMeant(ann.name, wanted)).toBe(found)
})
