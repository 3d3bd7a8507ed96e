import { expect, test } from 'vitest'
import type { z } from 'zod'
import { type LookFacts, lookOf } from '#console/pages/files/look.ts'
import type { GetRunReply, RunView } from '#core/contracts/runs-api.ts'

const RUN = '01J00000000000000000000001'
const problem = { code: 'FILE_BROWSING_OFF', message: 'Off.', advice: 'Write.', retryable: false }

const seen = (state: RunView['state'], job: object, runId = RUN, more: object = {}) =>
  ({
    run: { runId, kind: 'files', state, started: 1, title: '"web"', line: 'as it stands', ...more },
    jobs: [{ line: 'of the job', ...job }],
  }) as unknown as z.infer<typeof GetRunReply>

test.each<[string, LookFacts, object]>([
  ['nobody asked', { begun: false }, { state: 'closed' }],
  ['it was refused', { begun: true, error: problem }, { state: 'refused', error: problem }],
  ['it is asked for', { begun: true }, { state: 'starting' }],
  ['it was not seen yet', { begun: true, runId: RUN }, { state: 'starting', runId: RUN }],
  [
    'the look before was seen last',
    { begun: true, runId: RUN, seen: seen('cancelled', {}, '01J00000000000000000000000') },
    { state: 'starting', runId: RUN },
  ],
  [
    'no gateway has it',
    { begun: true, runId: RUN, seen: seen('running', { state: 'queued' }) },
    { state: 'starting', runId: RUN, line: 'of the job' },
  ],
  [
    'somebody has to agree',
    { begun: true, runId: RUN, seen: seen('waiting', {}) },
    { state: 'approval', runId: RUN, line: 'as it stands' },
  ],
  [
    'a gateway has it',
    { begun: true, runId: RUN, seen: seen('running', { state: 'leased' }) },
    { state: 'ready', runId: RUN },
  ],
  [
    'it came to its end',
    { begun: true, runId: RUN, seen: seen('succeeded', { outcome: { status: 'files-read' } }) },
    { state: 'ended', runId: RUN, line: 'as it stands' },
  ],
  [
    'the gateway refused',
    { begun: true, runId: RUN, seen: seen('failed', { outcome: { status: 'failed', problem } }) },
    { state: 'ended', runId: RUN, line: 'as it stands', problem },
  ],
  [
    'the run failed before any gateway had it',
    { begun: true, runId: RUN, seen: seen('failed', {}, RUN, { problem }) },
    { state: 'ended', runId: RUN, line: 'as it stands', problem },
  ],
])('where %s', (_, facts, look) => {
  expect(lookOf(facts)).toEqual(look)
})
