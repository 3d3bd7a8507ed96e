import { StreamBrokenError, XapiError } from '#core/errors/xenserver.ts'
import type { Ref, Xapi } from '../api.ts'
import { TaskRecord } from '../records.ts'

/**
 * A handler may refuse without a word (401, 403): its task has the reason.
 * @param error what the answer alone said
 * @returns what the task says went wrong, where it has ended badly; `error` where it knows no better
 */
export const reasonOfTask = async (
  { call }: Pick<Xapi, 'call'>,
  task: Ref,
  what: string,
  error: unknown,
): Promise<unknown> => {
  if (!(error instanceof StreamBrokenError) || error.code !== 'EXPORT_FAILED') return error
  const record = await call('task.get_record', [task], TaskRecord).catch(() => undefined)
  return record?.status === 'failure' ? new XapiError(record.error_info, what) : error
}
