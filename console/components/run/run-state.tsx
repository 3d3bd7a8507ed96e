import StatusIndicator, {
  type StatusIndicatorProps,
} from '@cloudscape-design/components/status-indicator'
import type { RunView } from '#core/contracts/runs-api.ts'
import { run as words } from '../../text/run.ts'

const TYPES: Record<RunView['state'], StatusIndicatorProps.Type> = {
  waiting: 'pending',
  running: 'in-progress',
  succeeded: 'success',
  warning: 'warning',
  failed: 'error',
  cancelled: 'stopped',
  'action-required': 'warning',
}

export const RunState = ({ state }: Pick<RunView, 'state'>) => (
  <StatusIndicator type={TYPES[state]}>{words.states[state]}</StatusIndicator>
)
