// Numbers as a reader sees them: a true minus, tabular digits, powers of ten written out.
import { format } from "d3-format";

const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

export function formatNumber(value, digits, style = "f") {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  // Beyond 1e15 a double has no decimals left.
  if (style === "f" && Math.abs(value) < 1e15) return format(`.${digits}f`)(value);
  if (value === 0) return "0";
  const [mantissa, exponent] = value.toExponential(Math.max(0, digits - 1)).split("e");
  const raised = [...String(Number(exponent))].map((c) => SUPERSCRIPT[c]).join("");
  return `${mantissa.replace("-", "−")} × 10${raised}`;
}
