import { LongText } from '../../ui/long-text';
import classes from './reason-facts.module.css';

interface ReasonFactsProps {
  reason?: string | null;
  about?: string | null;
  expected?: string | null;
  received?: string | null;
}

/** Why something was refused: what of it, what was expected there and what came. */
export function ReasonFacts({ reason, about, expected, received }: ReasonFactsProps) {
  const facts: [string, string | null | undefined][] = [
    ['Reason', reason],
    ['About', about],
    ['Expected', expected],
    ['Received', received],
  ];
  const known = facts.filter(([, value]) => value != null);
  if (known.length === 0) return null;
  return (
    <dl className={classes.facts}>
      {known.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <LongText text={value ?? ''} of={name} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
