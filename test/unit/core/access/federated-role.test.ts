import { expect, test } from 'vitest'
import { roleOfGroups, roleStated, statement } from '#core/access/federated-role.ts'

const ROLES = {
  administrator: ['Backup Admins', 'CN=Backup,OU=IT,DC=example,DC=com'],
  operator: ['ops', '1f0d4e6a-0000-4000-8000-000000000001'],
  viewer: ['staff'],
}

test.each([
  ['one name', 'ops', 'operator'],
  ['one name with commas (LDAP)', 'CN=Backup,OU=IT,DC=example,DC=com', 'administrator'],
  ['a list as JSON', '["staff","ops"]', 'operator'],
  ['a list as Cognito writes it', '[staff, ops]', 'operator'],
  ['a name that Cognito has form-encoded', '[staff,Backup+Admins]', 'administrator'],
  [
    'an LDAP name in such a list',
    '[CN%3DBackup%2COU%3DIT%2CDC%3Dexample%2CDC%3Dcom]',
    'administrator',
  ],
  ['a real list', ['staff'], 'viewer'],
  ['an id of Entra ID', '["1f0d4e6a-0000-4000-8000-000000000001"]', 'operator'],
  ['a part of a name', 'Backup Admins of Rome', undefined],
  ['a name in other letters', 'OPS', undefined],
  ['a list without brackets: one name, for all we know', 'staff,Backup Admins', undefined],
  ['the name of a role of ours', 'administrator', undefined],
  ['an encoding that is none', '[%zz, %]', undefined],
  ['an empty list', '[]', undefined],
  ['nothing', undefined, undefined],
  ['something else', { ops: true }, undefined],
])('%s', (_, claim, role) => {
  expect(roleOfGroups(ROLES, claim)).toBe(role)
})

test('a statement is believed for so long, and one of the future never', () => {
  const now = 1_790_000_000_000
  const at = (nowMs: number) => ({ nowMs, maxAgeMs: 3_600_000 })
  const said = statement('operator', now)
  expect(said).toBe('operator 1790000000')
  expect(roleStated(said, at(now))).toBe('operator')
  expect(roleStated(said, at(now + 3_600_000))).toBe('operator')
  expect(roleStated(said, at(now + 3_601_000))).toBeUndefined()
  expect(roleStated(said, at(now - 120_000))).toBeUndefined()
  expect(roleStated(statement(undefined, now), at(now))).toBeUndefined()
  for (const nonsense of [undefined, '', 'operator', 'root 1790000000', 'operator 1790000000 x'])
    expect(roleStated(nonsense, at(now)), nonsense).toBeUndefined()
})
