import { type CSSProperties, type ReactNode, useEffect, useRef } from 'react';

export type Size = 'sm' | 'md' | 'lg';

/** Dots in pixels. */
const DOT_PX = { sm: 8, md: 10, lg: 14 } as const satisfies Record<Size, number>;

export interface DotProps {
  color: string;
  size: Size;
  /** What it means; undefined where a text beside it says so. */
  label?: string | undefined;
  /** What it shows is no longer sure. */
  faint?: boolean | undefined;
  pulse?: boolean | undefined;
  className?: string | undefined;
  style?: CSSProperties | undefined;
  status?: string | undefined;
}

/** A coloured dot. A ring gives it the contrast that the colour alone may lack; people who cannot see it hear its label. */
export function Dot({ color, size, label, faint, pulse, className, style, status }: DotProps): ReactNode {
  const ref = useRef<HTMLSpanElement>(null);
  useEffect(() => (pulse ? beat(ref.current) : undefined), [pulse]);
  const px = DOT_PX[size];
  const look: CSSProperties = {
    display: 'inline-block',
    flex: 'none',
    width: px,
    height: px,
    borderRadius: '50%',
    background: color,
    boxShadow: 'inset 0 0 0 1px rgb(0 0 0 / .45)',
    opacity: faint ? 0.5 : 1,
    ...style,
  };
  const said = label ? { role: 'img', 'aria-label': label, title: label } : { 'aria-hidden': true };
  return <span ref={ref} className={className} style={look} data-status={status} {...said} />;
}

/** Fades in and out, unless the user asked for less motion. */
function beat(element: HTMLElement | null): (() => void) | undefined {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return undefined;
  const animation = element?.animate?.({ opacity: [1, 0.4, 1] }, { duration: 2_000, iterations: Number.POSITIVE_INFINITY });
  return () => animation?.cancel();
}
