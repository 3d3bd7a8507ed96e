import type { RunView } from '#core/contracts/runs-api.ts'

const OPEN: readonly RunView['state'][] = ['waiting', 'running']

/** Whether a run is still to change by itself. */
export const isOpen = ({ state }: Pick<RunView, 'state'>): boolean => OPEN.includes(state)
