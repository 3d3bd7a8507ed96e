import { useState } from 'react'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import type { VmDetail } from '#core/contracts/vms-api.ts'
import { usePages } from '../../api/use-pages.ts'
import { Listing } from '../../components/listing.tsx'
import { points as words } from '../../text/vm.ts'
import { DeletePointModal } from './delete-point-modal.tsx'
import { HoldModal } from './hold-modal.tsx'
import type { PointDeed } from './point-actions.tsx'
import { pointColumns } from './point-columns.tsx'
import { ReleaseModal } from './release-modal.tsx'

/** Its recovery points, newest first: how each came about, what keeps it, whether it is good. */
export const VmPoints = ({ detail: { uuid, name, holds } }: { detail: VmDetail }) => {
  const [asked, setAsked] = useState<{ deed: PointDeed; point: ListedPoint }>()
  const close = () => setAsked(undefined)
  const pages = usePages('listPoints', { vm: uuid }, { limit: 20 })
  const heldAlone = new Set(holds.flatMap(({ pointId }) => pointId ?? []))
  const on = asked && { pointId: asked.point.pointId }
  return (
    <>
      <Listing
        title={words.title}
        heading="section"
        description={words.description}
        columns={pointColumns({
          ask: (deed, point) => setAsked({ deed, point }),
          isHeld: ({ pointId }) => heldAlone.has(pointId),
        })}
        idOf={point => point.pointId}
        pages={pages}
        empty={{ title: words.empty, advice: words.emptyAdvice }}
      />
      {asked?.deed === 'delete' && <DeletePointModal point={asked.point} onClose={close} />}
      {on && asked.deed === 'hold' && <HoldModal on={on} name={name} onClose={close} />}
      {on && asked.deed === 'release' && <ReleaseModal on={on} name={name} onClose={close} />}
    </>
  )
}
