import { XapiError } from '../errors.ts'
import type { Implementation } from '../implementation.ts'
import type { Messages } from '../records/index.ts'

export const task: Implementation<Messages['task']> = {
  create: ({ state, session, host }, label, description) =>
    state.tasks.begin(label, { description, session, host: host.ref, cancellable: true }),
  destroy: ({ state }, self) => state.tasks.destroy(self),
  cancel: ({ state }, self) => state.tasks.cancel(self),
  set_progress: ({ state }, self, value) => {
    state.database.get('task', self)
    state.tasks.progress(self, value)
  },
  set_status: ({ state }, self, value) => {
    state.database.get('task', self)
    if (value === 'success') state.tasks.complete(self)
    else if (value === 'failure') state.tasks.fail(self, new XapiError('INTERNAL_ERROR'))
    else if (value === 'cancelled') state.tasks.fail(self, new XapiError('TASK_CANCELLED', self))
  },
  set_result: ({ state }, self, value) => state.database.update('task', self, { result: value }),
  set_error_info: ({ state }, self, value) =>
    state.database.update('task', self, { error_info: value }),
}
