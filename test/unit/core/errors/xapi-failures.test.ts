import { expect, test } from 'vitest'
import { toProblem } from '#core/errors/base.ts'
import { isXapiError, XapiError } from '#core/errors/xenserver.ts'

const SECRET = 'OpaqueRef:6f1d2c1e-8a0f-4c50-9a3e-2f1f6f1b7c11'

test.each<[string[], string, string, boolean]>([
  [
    ['SESSION_AUTHENTICATION_FAILED', 'root', 'Authentication failure'],
    'XAPI_WRONG_PASSWORD',
    'XenServer refused the user name or the password of "root" (the call: SESSION_AUTHENTICATION_FAILED).',
    false,
  ],
  [
    ['RBAC_PERMISSION_DENIED', 'vm.snapshot', 'No permission in user session'],
    'XAPI_PERMISSION_DENIED',
    'The role of the XenServer user is too small (vm.snapshot) (the call: RBAC_PERMISSION_DENIED).',
    false,
  ],
  [
    ['VM_BAD_POWER_STATE', SECRET, 'halted, suspended', 'running'],
    'VM_WRONG_STATE',
    'The VM is running and would have to be halted, suspended (the call: VM_BAD_POWER_STATE).',
    false,
  ],
  [
    ['SR_BACKEND_FAILURE_44', '', 'There is insufficient space', ''],
    'SR_FULL',
    'The storage repository has no room left (the call: SR_BACKEND_FAILURE_44).',
    false,
  ],
  [
    ['VDI_IN_USE', SECRET, 'destroy'],
    'VDI_IN_USE',
    'The disk is attached or locked elsewhere (the call: VDI_IN_USE).',
    true,
  ],
  [
    ['SR_HAS_NO_PBDS', SECRET],
    'SR_UNAVAILABLE',
    'The storage repository or the disk is not available (no detail given) (the call: SR_HAS_NO_PBDS).',
    true,
  ],
  [
    ['SR_BACKEND_FAILURE_222', '', 'volume group gone', ''],
    'SR_FAILED',
    'XenServer answered SR_BACKEND_FAILURE_222 to the call (volume group gone).',
    false,
  ],
  [
    ['INTERNAL_ERROR', `Not_found in session ${SECRET}`],
    'XAPI_FAILED',
    'XenServer answered INTERNAL_ERROR to the call (Not_found in session).',
    false,
  ],
])('%j', (description, code, message, retryable) => {
  const problem = toProblem(new XapiError(description, 'the call'))
  expect(problem).toMatchObject({ code, message, retryable })
  expect(problem.advice).toMatch(/^[A-Z].*\.$/)
})

test('no reference gets into a problem, whatever the code', () => {
  for (const code of ['SESSION_INVALID', 'HANDLE_INVALID', 'VDI_MISSING', 'SOMETHING_NEW'])
    expect(JSON.stringify(toProblem(new XapiError([code, SECRET, SECRET], 'x')))).not.toContain(
      'OpaqueRef',
    )
})

test('callers may ask for XAPI’s own code', () => {
  const error = new XapiError(['VDI_IN_USE', 'a', 'b'], 'x')
  expect(isXapiError(error, 'SR_FULL', 'VDI_IN_USE')).toBe(true)
  expect(isXapiError(error, 'SR_FULL')).toBe(false)
  expect(isXapiError(new Error('VDI_IN_USE'), 'VDI_IN_USE')).toBe(false)
  expect(error.parameters).toEqual(['a', 'b'])
})
