import Button from '@cloudscape-design/components/button'
import ColumnLayout from '@cloudscape-design/components/column-layout'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { DiskRule } from '#core/contracts/policies.ts'
import { NumberField } from '../../../components/number-field.tsx'
import { TokensField } from '../../../components/tokens-field.tsx'
import { how as words } from '../../../text/policy-wizard/how.ts'
import type { StepProps } from './draft.ts'

const GiB = 1024 ** 3
const MOST = 50

/** Disks that are left out: of one rule everything must hold, and any rule is enough. */
export const DiskRules = ({ draft: { excludeDisks }, change, problem }: StepProps) => {
  const set = (index: number, members: Partial<DiskRule>) =>
    change({
      excludeDisks: excludeDisks.map((rule, other) =>
        other === index ? { ...rule, ...members } : rule,
      ),
    })
  return (
    <SpaceBetween size="m">
      {excludeDisks.map((rule, index) => (
        <Container
          // biome-ignore lint/suspicious/noArrayIndexKey: they have no other name, and hold nothing of their own but what is typed just now
          key={index}
          header={
            <Header
              variant="h3"
              actions={
                <Button
                  iconName="remove"
                  variant="icon"
                  ariaLabel={words.removeDiskRule(index + 1)}
                  onClick={() =>
                    change({ excludeDisks: excludeDisks.filter((_, other) => other !== index) })
                  }
                />
              }
            >
              {words.diskRule(index + 1)}
            </Header>
          }
        >
          <ColumnLayout columns={2}>
            <TokensField
              label={words.diskNames}
              values={rule.names}
              errorText={problem(`excludeDisks.${index}`)}
              onChange={names => set(index, { names })}
            />
            <TokensField
              label={words.userdevices}
              constraintText={words.userdevicesHint}
              values={rule.userdevices}
              onChange={userdevices => set(index, { userdevices })}
            />
            <NumberField
              label={words.diskSize}
              value={rule.sizeAtLeast === undefined ? undefined : rule.sizeAtLeast / GiB}
              onChange={size =>
                set(index, { sizeAtLeast: size === undefined ? undefined : Math.round(size * GiB) })
              }
            />
            <TokensField
              label={words.ofVms}
              values={rule.ofVms}
              onChange={ofVms => set(index, { ofVms })}
            />
          </ColumnLayout>
        </Container>
      ))}
      <Button
        iconName="add-plus"
        disabled={excludeDisks.length >= MOST}
        onClick={() => change({ excludeDisks: [...excludeDisks, {}] })}
      >
        {words.addDiskRule}
      </Button>
    </SpaceBetween>
  )
}
