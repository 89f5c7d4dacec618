const BAR = 3;
const GAP = 1;
const HEIGHT = 20;

/** Small bars, one a value, the largest as high as it goes; a stroke on the ground where there is nothing. */
export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  const most = Math.max(1, ...values);
  const width = values.length * (BAR + GAP) - GAP;
  return (
    <svg role="img" aria-label={label} width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`}>
      {values.map((value, index) => {
        const height = value === 0 ? 1 : Math.max(2, (value / most) * HEIGHT);
        const fill = value === 0 ? 'var(--line)' : 'var(--issued)';
        return <rect key={index} x={index * (BAR + GAP)} y={HEIGHT - height} width={BAR} height={height} rx={1} fill={fill} />;
      })}
    </svg>
  );
}
