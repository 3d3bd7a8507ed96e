import { expect, test } from 'vitest'
import { newDraft, problemsOf } from '#console/pages/policies/wizard/draft.ts'
import type { PolicyInput } from '#core/contracts/policies.ts'
import { policyChanges } from '#core/contracts/policy-changes.ts'

test('a new policy lacks a name and VMs, nothing else', () => {
  expect(problemsOf(newDraft('UTC')).map(({ path, step }) => ({ path, step }))).toEqual([
    { path: 'name', step: 'what' },
    { path: 'selection.include.0', step: 'what' },
  ])
})

test.each<[Partial<PolicyInput>, string, string, string]>([
  [{ retention: { atLeast: 1 } }, 'retention', 'keep', 'Choose at least one rule'],
  [{ retention: { daily: 1.5, atLeast: 1 } }, 'retention.daily', 'keep', 'A whole number'],
  [{ excludeDisks: [{}] }, 'excludeDisks.0', 'how', 'Say which disks'],
  [
    { hooks: { after: { script: 'Not A Name', timeoutSeconds: 1 } } },
    'hooks.after.script',
    'how',
    'The name of a program',
  ],
  [{ notify: [{ events: [], channelIds: [] }] }, 'notify.0.events', 'tell', 'Choose what is told'],
  [
    { after: { policyId: '', when: 'any' as const }, schedule: undefined },
    'after.policyId',
    'when',
    'This cannot be saved',
  ],
])('%j is told at the step that shows it', (wrong, path, step, text) => {
  const draft = {
    ...newDraft('UTC'),
    name: 'x',
    ...wrong,
    selection: { include: [{ all: true as const }], exclude: [] },
  }
  expect(problemsOf(draft)[0]).toMatchObject({
    ...{ path, step },
    text: expect.stringContaining(text),
  })
})

test('a member that is taken back is no change', () => {
  const draft = newDraft('UTC')
  expect(policyChanges(draft, { ...draft, description: undefined })).toEqual([])
})
