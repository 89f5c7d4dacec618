import classes from './code-block.module.css';

/** Text to be read or copied as it is. What does not fit scrolls, by the keyboard as well. @param label what it is, for those who cannot see it */
export function CodeBlock({ label, text, height }: { label: string; text: string; height?: number }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <section aria-label={label} tabIndex={0} className={classes.block} style={height ? { height } : undefined}>
      <pre className={classes.text}>{text}</pre>
    </section>
  );
}
