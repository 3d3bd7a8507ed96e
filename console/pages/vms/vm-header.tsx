import Button from '@cloudscape-design/components/button'
import ButtonDropdown from '@cloudscape-design/components/button-dropdown'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useLocation } from 'wouter'
import type { VmDetail } from '#core/contracts/vms-api.ts'
import { useMay } from '../../api/may.ts'
import { holds } from '../../text/holds.ts'
import { holding, vm as words } from '../../text/vm.ts'
import { backUp } from '../../text/vms.ts'
import { nameOf } from './columns.tsx'

/** What can be done with all of a virtual machine. */
export const VmHeader = ({
  detail,
  ask,
}: {
  detail: VmDetail
  ask: (what: 'backup' | 'hold' | 'release') => void
}) => {
  const [, go] = useLocation()
  const may = useMay()
  const lastPointId = detail.vm?.lastPointId
  const isHeld = detail.holds.some(({ vmUuid }) => vmUuid !== undefined)
  return (
    <Header
      variant="h1"
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <ButtonDropdown
            items={[
              { id: 'hold', text: holds.place.action, ...may('placeHold') },
              {
                id: 'release',
                text: holding.release,
                ...(!isHeld && { disabled: true, disabledReason: holding.noHold }),
                ...may('releaseHold'),
              },
            ]}
            onItemClick={({ detail: { id } }) => {
              if (id === 'hold' || id === 'release') ask(id)
            }}
          >
            {words.holds}
          </ButtonDropdown>
          <Button
            {...(lastPointId === undefined && {
              ...{ disabled: true, disabledReason: words.nothingToRestore },
            })}
            {...may('startRun')}
            onClick={() => go(`/restore?point=${lastPointId}`)}
          >
            {words.restore}
          </Button>
          <Button
            variant="primary"
            {...(!detail.vm && { disabled: true, disabledReason: words.gone })}
            {...(detail.vm?.discarded && { disabled: true, disabledReason: words.pooled })}
            {...may('startRun')}
            onClick={() => ask('backup')}
          >
            {backUp.action}
          </Button>
        </SpaceBetween>
      }
    >
      {nameOf(detail)}
    </Header>
  )
}
