import ButtonDropdown from '@cloudscape-design/components/button-dropdown'
import { useLocation } from 'wouter'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { useMay } from '../../api/may.ts'
import { useTimeText } from '../../components/time.tsx'
import { holding, vm, points as words } from '../../text/vm.ts'

export type PointDeed = 'boot-check' | 'hold' | 'release' | 'delete' | 'acknowledge'

export const PointActions = ({
  point,
  isHeld,
  ask,
}: {
  point: ListedPoint
  isHeld: boolean
  ask: (deed: PointDeed, point: ListedPoint) => void
}) => {
  const [, go] = useLocation()
  const may = useMay()
  const text = useTimeText()
  return (
    <ButtonDropdown
      variant="inline-icon"
      ariaLabel={words.actionsFor(text(point.taken))}
      expandToViewport
      items={[
        { id: 'restore', text: words.restore, ...may('startRun') },
        { id: 'files', text: words.files, ...may('askFiles') },
        { id: 'boot-check', text: words.checkBoot, ...may('startRun') },
        isHeld
          ? { id: 'release', text: holding.releaseOne, ...may('releaseHold') }
          : { id: 'hold', text: words.hold, ...may('placeHold') },
        ...(point.unusual && !point.unusual.acknowledged
          ? [{ id: 'acknowledge', text: vm.acknowledging.action, ...may('acknowledgeChange') }]
          : []),
        { id: 'delete', text: words.delete, ...may('deletePoint') },
      ]}
      onItemClick={({ detail: { id } }) => {
        if (id === 'restore') go(`/restore?point=${point.pointId}`)
        else if (id === 'files') go(`/files?point=${point.pointId}`)
        else ask(id as PointDeed, point)
      }}
    />
  )
}
