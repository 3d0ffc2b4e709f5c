// The sampling page: slider, field, reset and presets speak of the same number.
import QtQuick
import QtTest
import Tramontane

Item {
    id: root
    width: 640
    height: 1400

    SamplingPage {
        id: page
        width: parent.width
    }

    TestCase {
        name: "sampling"
        when: windowShown

        readonly property var model: App.preferences.samplingParameters

        function init() { App.preferences.resetSampling() }
        function child(name) {
            const item = findChild(page, name)
            verify(item, name)
            return item
        }
        function test_everyParameterHasSliderFieldAndReset() {
            for (const name of ["temperature", "top-k", "top-p", "min-p", "typical-p", "repeat-penalty", "repeat-last-n",
                                "presence-penalty", "frequency-penalty", "max-tokens"]) {
                verify(child("slider_" + name).name !== "")
                child("field_" + name)
                verify(child("reset_" + name).name !== "")
            }
            child("seed")
            child("stopStrings")
        }
        function test_everyParameterShowsItsRange() {
            compare(child("range_temperature").text, "0 to 2")
            compare(child("range_repeat-penalty").text, "0.5 to 2")
            compare(child("range_max-tokens").text, "-1 to 131072")
            for (const name of ["top-k", "top-p", "min-p", "typical-p", "repeat-last-n", "presence-penalty", "frequency-penalty"]) {
                const range = child("range_" + name), field = child("field_" + name)
                verify(range.visible && range.width > 0)
                compare(range.text, field.minimum + " to " + field.maximum)
            }
        }
        function test_theSliderSetsTheNumberAndTheFieldShowsIt() {
            const slider = child("slider_temperature")
            slider.forceActiveFocus(Qt.TabFocusReason)
            const before = model.value("temperature")
            keyClick(Qt.Key_Right)
            verify(model.value("temperature") > before)
            compare(Number(child("field_temperature").text), model.value("temperature"))
        }
        function test_theFieldSetsTheNumberAndTheSliderFollows() {
            const field = child("field_top-k")
            field.forceActiveFocus()
            field.selectAll()
            keyClick("4")
            keyClick("2")
            keyClick(Qt.Key_Return)
            compare(model.value("top-k"), 42)
            compare(child("slider_top-k").value, 42)
        }
        function test_whatIsNoNumberInTheRangeIsMarkedAndNotTaken_data() {
            return [{tag: "beyond", typed: "99"}, {tag: "word", typed: "x"}, {tag: "empty", typed: ""}]
        }
        function test_whatIsNoNumberInTheRangeIsMarkedAndNotTaken(data) {
            const field = child("field_temperature")
            const before = model.value("temperature")
            field.forceActiveFocus()
            field.selectAll()
            keyClick(Qt.Key_Delete)
            for (const letter of data.typed) keyClick(letter)
            verify(!field.valid)
            child("seed").forceActiveFocus()
            compare(model.value("temperature"), before)
            compare(Number(field.text), before)
            verify(field.valid)
        }
        function test_resetGoesBackToTheStandard() {
            const before = model.value("temperature")
            const reset = child("reset_temperature")
            verify(!reset.enabled)
            model.setValue("temperature", 1.5)
            verify(reset.enabled)
            mouseClick(reset)
            compare(model.value("temperature"), before)
        }
        function test_presetsSetAndShowWhatHolds() {
            mouseClick(child("preset_Precise"))
            compare(model.value("temperature"), 0.2)
            compare(App.preferences.currentPreset, "Precise")
            mouseClick(child("preset_Creative"))
            compare(model.value("temperature"), 1)
            model.setValue("temperature", 1.3)
            compare(App.preferences.currentPreset, "")
        }
        function test_anOwnPresetIsSavedChosenAndDeleted() {
            model.setValue("temperature", 1.4)
            mouseClick(child("savePreset"))
            const field = child("presetName")
            verify(field.activeFocus)
            for (const letter of "precise") keyClick(letter)
            keyClick(Qt.Key_Return)
            verify(!field.valid) // the name is taken by a built-in one
            for (const letter of "ly me") keyClick(letter)
            keyClick(Qt.Key_Return)
            compare(App.preferences.currentPreset, "precisely me")
            App.preferences.resetSampling()
            mouseClick(child("preset_precisely me"))
            compare(model.value("temperature"), 1.4)
            mouseClick(child("deletePreset_precisely me"))
            compare(App.preferences.presets.count, 3)
        }
        function test_aSeedThatIsNoNumberIsMarked() {
            const seed = child("seed")
            seed.forceActiveFocus()
            seed.selectAll()
            keyClick("x")
            verify(!seed.valid)
            seed.selectAll()
            keyClick("7")
            verify(seed.valid)
            compare(App.preferences.seed, "7")
        }
    }
}
